import { describe, expect, it } from 'vitest'
import { readRecord, type RecordRules } from './account-record.ts'
import { UnfitRecord } from './record-fields.ts'

const now = new Date('2026-11-25T12:00:00Z')
const rules: RecordRules = { roles: new Set(['user', 'admin', 'guest']), anyPassword: false, now }
const hash = '$2b$12$3euPcmQFCiblsZeEu5s7p.9OVHgeHWFDk9nhMqZ0m/3pd/lhwZgES'
const least = { username: 'brüna', email: 'bruena@example.org', password_hash: hash }

const read = (more: object, changed: Partial<RecordRules> = {}) =>
  readRecord({ ...least, ...more }, { ...rules, ...changed })

/** The field that is refused, and why. */
function refusal(more: object, changed: Partial<RecordRules> = {}): [string | undefined, string] | undefined {
  try {
    read(more, changed)
    return undefined
  } catch (error) {
    if (!(error instanceof UnfitRecord)) throw error
    return [error.field, error.message]
  }
}

describe('A-80 an account that comes from elsewhere', () => {
  it('needs a name, an address and a hash; everything else has a meaning when it is missing', () => {
    expect(readRecord(least, rules)).toEqual({
      uid: undefined,
      username: 'brüna',
      email: 'bruena@example.org',
      secret: { hash },
      roles: ['user'],
      bornOn: 'accounts',
      names: undefined,
      createdAt: now,
      lastLoginAt: undefined,
      emailVerifiedAt: undefined,
      suspendedAt: undefined,
      deletedAt: undefined,
      validationString: undefined,
    })
    for (const name of ['username', 'email']) expect(refusal({ [name]: null })).toEqual([name, 'is needed'])
    expect(refusal({ password_hash: null })?.[0]).toBe('password_hash')
  })

  it('brings everything it has', () => {
    const uid = '0B0E3F0C-6F2B-4D0C-9A55-2B7E4A1D9C11'
    const brought = read({
      uid,
      roles: ['guest', 'admin', 'guest'],
      created: '2019-06-11T10:03:09Z',
      last_login: '2019-06-11 12:03:09.5+02:00',
      validated: '2019-06-12',
      suspended: true,
      deleted: true,
      delete_date: '2020-01-01 00:00',
      validation_string: 'a-known-string',
    })
    expect(brought).toMatchObject({
      uid: uid.toLowerCase(),
      roles: ['guest', 'admin'],
      createdAt: new Date('2019-06-11T10:03:09Z'),
      lastLoginAt: new Date('2019-06-11T10:03:09.500Z'),
      emailVerifiedAt: new Date('2019-06-12T00:00:00Z'),
      suspendedAt: now,
      deletedAt: new Date('2020-01-01T00:00:00Z'),
      validationString: 'a-known-string',
    })
  })

  it('S-17 brings the names of who is registered for pictures', () => {
    const names = { first_name: '<b>Ada</b>', last_name: '𝄞'.repeat(100) }
    expect(read(names).names).toEqual({ first: '<b>Ada</b>', last: '𝄞'.repeat(100) })
  })

  it.each([
    [{}, undefined],
    [{ validated: true }, now],
    [{ email_verified: true }, now],
    [{ validated: false }, undefined],
    [{ validated: true, email_verified: '2020-01-01' }, new Date('2020-01-01')],
  ])('says with %j since when the address is proven', (more, since) => {
    expect(read(more).emailVerifiedAt).toEqual(since)
  })

  it.each<[string, object]>([
    ['last_name', { first_name: 'Ada' }],
    ['first_name', { last_name: 'Lovelace' }],
    ['first_name', { first_name: ' ', last_name: 'Lovelace' }],
    ['last_name', { first_name: 'Ada', last_name: 'x'.repeat(101) }],
    ['last_name', { first_name: 'Ada', last_name: 7 }],
    ['uid', { uid: 'x' }],
    ['uid', { uid: '0b0e3f0c-6f2b-1d0c-9a55-2b7e4a1d9c11' }],
    ['username', { username: 'ab' }],
    ['username', { username: 7 }],
    ['username', { username: 'someone@example.org' }],
    ['username', { username: 'with\u0000nothing' }],
    ['username', { username: 'half \ud800 a pair' }],
    ['username', { username: 'brüna', born_on: 'market' }],
    ['email', { email: 'user1@email' }],
    ['password_hash', { password_hash: 'e7cf3ef4f17c3999a94f2c6f612e8a88' }],
    ['password_hash', { password_hash: hash.slice(0, -1) }],
    ['password', { password: 'Korrekt Pferd Batterie 77' }],
    ['password', { password_hash: null, password: '' }],
    ['password', { password_hash: null, password: 'x'.repeat(4097) }],
    ['password', { password_hash: null, password: 'password' }],
    ['password', { password_hash: null, password: '分支持' }],
    ['roles', { roles: 'user' }],
    ['roles', { roles: ['user', 'wizard'] }],
    ['born_on', { born_on: 'nowhere' }],
    ['created', { created: '2019-02-31' }],
    ['created', { created: '11 June 2019' }],
    ['created', { created: 1560247389 }],
    ['created', { created: '2026-11-25T12:00:01Z' }],
    ['last_login', { last_login: '2026-11-26' }],
    ['validated', { validated: 'yes' }],
    ['validated', { validated: false, email_verified: '2020-01-01' }],
    ['deleted', { deleted: false, delete_date: '2020-01-01' }],
    ['deleted', { deleted: true, born_on: 'market', username: 'ada' }],
    ['validation_string', { validation_string: 'short' }],
    ['validation_string', { validation_string: 'not/in/a/path' }],
    ['shoe_size', { shoe_size: 43 }],
    ['__proto__', JSON.parse('{"__proto__": 1}')],
    ['evil?[31m', { 'evil\u001b[31m': 1 }],
  ])('is refused for its %s in %j', (field, more) => {
    expect(refusal(more)?.[0]).toBe(field)
  })

  it.each([null, [], 'text', 7])('is an object, not %j', (content) => {
    expect(() => readRecord(content, rules)).toThrow(new UnfitRecord(undefined, 'must be an object'))
  })

  it('A-80 takes passwords that nobody could choose here when it is told to', () => {
    for (const password of ['password', '分支持'])
      expect(read({ password_hash: undefined, password }, { anyPassword: true }).secret).toEqual({ password })
  })

  it('never says what was refused', () => {
    const [, why = ''] = refusal({ password_hash: null, password: 'qwerty' }) ?? []
    expect(why).not.toContain('qwerty')
  })
})
