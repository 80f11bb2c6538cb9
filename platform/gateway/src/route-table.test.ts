import { describe, expect, it } from 'vitest'
import { administer, guarded, protocol, read, shop, write } from '../test/support.ts'
import { originForm, RouteTable } from './route-table.ts'

const publicDoor = new RouteTable([shop], 'public')
const adminDoor = new RouteTable([shop], 'admin')

it('a request target may name an origin, which does not matter', () => {
  expect(originForm('http://elsewhere/api/shop/things/hat?x=1')).toBe('/api/shop/things/hat?x=1')
  for (const target of ['/a?b', '*', '', 'elsewhere:443', 'http://', '//a/b']) expect(originForm(target)).toBe(target)
})

describe('the routes of a door', () => {
  it('are found by method and path, whatever the query', () => {
    expect(publicDoor.match('GET', '/api/shop/things/hat?x=/1')).toMatchObject({
      kind: 'found',
      policy: { service: 'shop', name: read.name },
    })
    expect(publicDoor.match('POST', '/api/shop/things/hat')).toMatchObject({
      kind: 'found',
      policy: { name: write.name },
    })
    expect(publicDoor.match('GET', '/own/thing')).toMatchObject({ kind: 'found', policy: { name: guarded.name } })
    expect(adminDoor.match('GET', '/admin/api/shop/things')).toMatchObject({
      kind: 'found',
      policy: { name: administer.name },
    })
  })

  it.each(['/admin/api/shop/things', '/internal/shop/things', '/', '/api', '/nowhere', '', '*'])(
    'do not include %s on the public door',
    (path) => expect(publicDoor.match('GET', path)).toEqual({ kind: 'not-found', surface: undefined }),
  )

  it.each(['/api/shop/things/hat', '/internal/shop/things'])('do not include %s on the admin door', (path) =>
    expect(adminDoor.match('GET', path)).toMatchObject({ kind: 'not-found' }),
  )

  it('that are under a known prefix are missed in the words of its surface', () => {
    const [marketSurface, ownSurface] = shop.surfaces
    expect(publicDoor.match('GET', '/api/shop/nowhere')).toEqual({ kind: 'not-found', surface: marketSurface })
    expect(publicDoor.match('GET', '/api/shop')).toEqual({ kind: 'not-found', surface: marketSurface })
    expect(publicDoor.match('GET', '/own/nowhere')).toEqual({ kind: 'not-found', surface: ownSurface })
    expect(publicDoor.match('GET', '/api/shopping')).toEqual({ kind: 'not-found', surface: undefined })
  })

  it('E-31 E-50 are missed in the words of the longest prefix, wherever it is declared', () => {
    const [marketSurface] = shop.surfaces
    if (!marketSurface) throw new TypeError('the shop has surfaces')
    const rest = { ...marketSurface, name: 'rest', prefixes: { public: '/api' }, routes: [] }
    for (const surfaces of [
      [rest, ...shop.surfaces],
      [...shop.surfaces, rest],
    ]) {
      const table = new RouteTable([{ ...shop, surfaces }], 'public')
      expect(table.match('GET', '/api/shop/nowhere')).toEqual({ kind: 'not-found', surface: marketSurface })
      expect(table.match('GET', '/api/shopping')).toEqual({ kind: 'not-found', surface: rest })
      expect(table.match('GET', '/apis')).toEqual({ kind: 'not-found', surface: undefined })
    }
  })

  it('tell which methods they know', () => {
    expect(publicDoor.match('DELETE', '/api/shop/things/hat')).toMatchObject({
      kind: 'method-not-allowed',
      allowed: ['GET', 'POST'],
    })
    expect(publicDoor.match('HEAD', '/own/thing')).toMatchObject({ kind: 'method-not-allowed', allowed: ['GET'] })
  })

  it('know paths that take no method at all', () => {
    expect(adminDoor.match('GET', '/admin/api/shop/closed/x')).toMatchObject({
      kind: 'method-not-allowed',
      allowed: [],
    })
    expect(publicDoor.match('GET', '/api/shop/closed/x')).toMatchObject({ kind: 'not-found' })
  })

  it.each([
    '/api/shop/../../admin/api/shop/things',
    '/api/shop//things/hat',
    '//api/shop/things/hat',
    '/API/shop/things/hat',
    '/api/shop/things/%zz',
    '/api/shop/things/hat/',
  ])('are not reached by another spelling: %s', (path) => {
    expect(publicDoor.match('GET', path).kind).toBe('not-found')
  })
})

describe('S-2 a surface without case', () => {
  const [, own] = shop.surfaces
  if (!own) throw new TypeError('the shop has two surfaces')
  const aliased = { ...guarded, aliases: ['/Own%20Thing'] }
  const surface = { ...own, anyCase: true, routes: [aliased] }
  const table = new RouteTable([{ ...shop, surfaces: [surface] }], 'public')

  it.each(['/OWN/Thing', '/own/thing?x=Y', '/own%20thing'])('is found by %s', (path) =>
    expect(table.match('GET', path)).toMatchObject({
      kind: 'found',
      policy: { name: guarded.name, path: '/own/thing' },
    }),
  )

  it('says which methods a path takes, and whose an unknown one would be', () => {
    expect(table.match('PUT', '/Own%20Thing')).toMatchObject({ kind: 'method-not-allowed', allowed: ['GET'] })
    expect(table.match('GET', '/OWN/nowhere')).toEqual({ kind: 'not-found', surface })
  })
})

describe('a mount', () => {
  it.each([
    ['GET', '/protocol/'],
    ['POST', '/protocol/deep/down?x=1'],
    ['OPTIONS', '/protocol/%2e%2e/own/thing'],
    ['PROPFIND', '/protocol/x'],
  ])('takes whatever is below it: %s %s', (method, url) => {
    expect(publicDoor.match(method, url)).toMatchObject({
      kind: 'found',
      policy: { service: 'shop', name: protocol.name },
    })
  })

  it.each(['/protocol', '/protocols/x', '/own/protocol/x'])('does not take %s', (url) =>
    expect(publicDoor.match('GET', url)).toMatchObject({ kind: 'not-found' }),
  )

  it('is on its own door alone', () =>
    expect(adminDoor.match('GET', '/protocol/x')).toMatchObject({ kind: 'not-found' }))
})
