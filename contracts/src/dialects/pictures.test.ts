import { Rejection } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { uploadPicture } from '../pictures/index.ts'
import { picturesDialect } from './pictures.ts'

const file = { name: 'orion.jpg', bytes: new Uint8Array([1]) }
const whole = { file, title: 'Orion', explanation: 'Stars.', date: '20260704' }

function answer(form: unknown): unknown {
  const { issues } = picturesDialect.read(uploadPicture.form, form, 'body')
  return issues.length === 0 ? 'taken' : picturesDialect.invalid(issues)
}

describe('the form of an upload', () => {
  it('S-26 to S-30 is taken with its four fields, and with a copyright', () => {
    expect(answer(whole)).toBe('taken')
    expect(answer({ ...whole, copyright: 'Ada' })).toBe('taken')
  })

  it.each(['file', 'title', 'explanation', 'date'])('S-5 S-32 without %s is a 400 that names it', (field) => {
    const others = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field))
    expect(answer(others)).toMatchObject({
      status: 400,
      body: { errors: { [field]: 'is needed' }, message: 'The form lacks fields' },
    })
  })

  it.each([
    ['title', 'x'.repeat(101)],
    ['title', '   '],
    ['title', 'two\nlines'],
    ['explanation', 'x'.repeat(2001)],
    ['explanation', 'a\0b'],
    ['copyright', 'x'.repeat(101)],
  ])('S-27 to S-30 S-32 with a bad %s is a 422 that names it', (field, value) => {
    expect(answer({ ...whole, [field]: value })).toMatchObject({
      status: 422,
      body: { 'Error:': expect.stringContaining(field), Error: expect.stringContaining(field), code: 'invalid' },
    })
  })

  it('S-27 S-28 counts characters as people do', () => {
    expect(answer({ ...whole, title: '🌌'.repeat(100), explanation: '🌌\n'.repeat(1000) })).toBe('taken')
  })

  it('S-27 takes what joins characters, and refuses what turns them around or is nothing to be seen', () => {
    for (const title of ['👩‍👩‍👧 on the moon', 'می‌خواهم']) expect(answer({ ...whole, title })).toBe('taken')
    for (const title of ['\u202egpj.exe', '\u200d', 'a\u0007']) {
      expect(answer({ ...whole, title })).toMatchObject({
        status: 422,
        body: { Error: 'title: must be 1 to 100 characters on one line' },
      })
    }
  })

  it('S-5 S-C5 that is none at all is a 400 that names all of them', () => {
    expect(answer(undefined)).toMatchObject({
      status: 400,
      body: {
        errors: { file: 'is needed', title: 'is needed', explanation: 'is needed', date: 'is needed' },
        message: 'The body is no multipart form',
      },
    })
  })
})

class Refused extends Rejection {
  readonly code = 'refused'
  readonly reason: Rejection['reason']
  constructor(reason: Rejection['reason']) {
    super('why')
    this.reason = reason
  }
}

it('S-4 S-5 words what is refused by its kind', () => {
  expect(picturesDialect.rejected(new Refused('invalid'))).toMatchObject({
    status: 422,
    body: { 'Error:': 'why', Error: 'why', code: 'refused' },
  })
  expect(picturesDialect.rejected(new Refused('unauthenticated'))).toMatchObject({ status: 401, body: { Info: 'why' } })
  expect(picturesDialect.rejected(new Refused('forbidden'))).toMatchObject({ status: 401, body: { Info: 'why' } })
  expect(picturesDialect.rejected(new Refused('too-many'))).toMatchObject({ status: 429, body: { message: 'why' } })
  expect(picturesDialect.unauthenticated('missing')).toMatchObject({ status: 401, body: { Info: expect.any(String) } })
  expect(picturesDialect.badGateway().status).toBe(502)
  expect(picturesDialect.timedOut().status).toBe(504)
})
