import { describe, expect, it } from 'vitest'
import { anyone } from './access.ts'
import { picturesDialect } from './dialects/pictures.ts'
import { route, type ServiceContract, type Surface } from './route.ts'
import { spellingsOf } from './spellings.ts'

const demoKey = route({
  name: 'demoKey',
  summary: 'A key for everybody',
  method: 'GET',
  path: '/demo-key/api/v1/demo_key',
  aliases: ['/Demo%20Key/api/v1/demo_key'],
  door: 'public',
  access: anyone,
  replies: {},
})
const contractWith = (surface: Partial<Surface>): ServiceContract => ({
  name: 'pictures',
  title: 'Pictures',
  surfaces: [
    {
      name: 'pictures',
      dialect: picturesDialect,
      decidedBy: 'service',
      prefixes: { public: '/demo-key' },
      forbidden: {},
      routes: [demoKey],
      ...surface,
    },
  ],
})

describe('S-2 other spellings of a path', () => {
  it.each([
    '/demo-key/api/v1/demo_key',
    '/DEMO-key/API/v1/Demo_Key',
    '/Demo%20Key/api/v1/demo_key',
    '/demo%20key/api/v1/%64emo_key',
  ])('without case: %s', (path) => {
    expect(spellingsOf([contractWith({ anyCase: true })])(path)).toBe(demoKey.path)
  })

  it.each(['/', '/demo-key/api/v1/demo_key/', '/demo-key%2Fapi/v1/demo_key', '/demo-key/api/v1/demo_key%00', '/%zz'])(
    'do not include %s',
    (path) => expect(spellingsOf([contractWith({ anyCase: true })])(path)).toBeUndefined(),
  )

  it('are to the letter on a surface where case counts', () => {
    const spellings = spellingsOf([contractWith({})])
    expect(spellings('/Demo%20Key/api/v1/demo_key')).toBe(demoKey.path)
    expect(spellings('/demo%20key/api/v1/demo_key')).toBeUndefined()
  })

  it('are those of one door', () => {
    expect(spellingsOf([contractWith({ anyCase: true })], 'admin')('/DEMO-KEY/api/v1/demo_key')).toBeUndefined()
  })

  it('E-3 E-30 are what a service calls its paths itself, at no door', () => {
    const contract = contractWith({ ownPrefix: '/keys' })
    const spellings = spellingsOf([contract])
    expect(spellings('/keys')).toBe('/demo-key')
    expect(spellings('/keys/api/v1/demo_key')).toBe(demoKey.path)
    expect(spellings('/keys2/api/v1/demo_key')).toBeUndefined()
    expect(spellingsOf([contract], 'public')('/keys/api/v1/demo_key')).toBeUndefined()
  })

  it('may not mean two paths, nor leave anything out', () => {
    const twin = { ...demoKey, name: 'twin', path: '/demo-key/twin' }
    expect(() => spellingsOf([contractWith({ routes: [demoKey, twin] })])).toThrow('would mean two paths')
    const open = { ...demoKey, path: '/demo-key/:name' }
    expect(() => spellingsOf([contractWith({ routes: [open] })])).toThrow('has parameters')
  })
})
