import { describe, expect, it } from 'vitest'
import { fits } from './hash-work.ts'
import { parseStoredHash } from './stored-hash.ts'
import { vectors } from './stored-hash.vectors.ts'

const all = Object.values(vectors).flat()
/** The first of each form costs little. */
const cheap = Object.entries(vectors).flatMap(([form, [first]]) => (first ? [{ form, ...first }] : []))

describe('a hash made elsewhere (design §4, E-18, E-22)', () => {
  it.each(all)('fits its password and no other: $madeBy, $stored', async ({ password, stored }) => {
    expect(await fits(password, stored)).toBe(true)
    expect(await fits(`${password.slice(0, 70)}!`, stored)).toBe(false)
    expect(await fits(`${password[0] === 'x' ? 'y' : 'x'}${password.slice(1)}`, stored)).toBe(false)
    expect(await fits('', stored)).toBe(false)
  })

  it('counts the first 72 bytes of a password when it is bcrypt, as everywhere', async () => {
    // Python bcrypt 3.2.2, of 72 letters x.
    const stored = '$2b$04$PnWXyvTcKYbNp4KazveVneIgTNOfZucZ35Gz2Yq2v3T9bLWczqO0a'
    expect(await fits('x'.repeat(72), stored)).toBe(true)
    expect(await fits('x'.repeat(71), stored)).toBe(false)
    expect(await fits(`${'x'.repeat(72)}y`, stored)).toBe(true)
  })
})

describe('a damaged record (E-20)', () => {
  it.each(cheap)('fits nothing when it is cut anywhere: $form', async ({ password, stored }) => {
    for (let length = 0; length < stored.length; length += 1) {
      expect(await fits(password, stored.slice(0, length)), stored.slice(0, length)).toBe(false)
      if (length > 0) expect(await fits(password, stored.slice(length)), stored.slice(length)).toBe(false)
    }
  })

  it.each(cheap)('fits nothing when one character is another: $form', async ({ form, password, stored }) => {
    for (let at = 0; at < stored.length; at += 1) {
      // The last characters of salt and key in bcrypt have bits that count for nothing.
      if (form === 'bcrypt' && (at === 28 || at === 59)) continue
      const flipped = String.fromCodePoint((stored.codePointAt(at) ?? 0) ^ 1)
      const damaged = stored.slice(0, at) + flipped + stored.slice(at + 1)
      expect(await fits(password, damaged), damaged).toBe(false)
    }
  })

  it.each(cheap)('fits nothing with more than there should be: $form', async ({ password, stored }) => {
    for (const damaged of [
      `${stored}$`,
      `$${stored}`,
      stored.split('$').join('$$'),
      `${stored}=`,
      `${stored}A`,
      `${stored}\n`,
      ` ${stored}`,
      stored + stored,
      stored.toUpperCase(),
      stored.replaceAll('$', ':'),
      stored.padEnd(5000, 'A'),
    ]) {
      expect(await fits(password, damaged), damaged).toBe(false)
    }
  })

  const sha256Key = 'mcKg0L1FDQ5lJiN7K73udWvjciLc5fu8fSWKT9xDcPM='
  const scryptKey = 'ab'.repeat(64)
  it.each([
    '',
    '!',
    'plain text',
    'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
    '$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.',
    `pbkdf2_sha512$1000$salt$${sha256Key}`,
    `pbkdf2_sha256$0$salt$${sha256Key}`,
    `pbkdf2_sha256$-1$salt$${sha256Key}`,
    `pbkdf2_sha256$1e3$salt$${sha256Key}`,
    `pbkdf2_sha256$0x10$salt$${sha256Key}`,
    `pbkdf2_sha256$01000$salt$${sha256Key}`,
    `pbkdf2_sha256$1000.5$salt$${sha256Key}`,
    `pbkdf2_sha256$NaN$salt$${sha256Key}`,
    `pbkdf2_sha256$$salt$${sha256Key}`,
    `pbkdf2_sha256$1000$$${sha256Key}`,
    `pbkdf2_sha256$1000$salt$`,
    `pbkdf2_sha256$1000$salt$AAAA`,
    `pbkdf2_sha256$1000$salt$${'!'.repeat(44)}`,
    `pbkdf2_sha256$1000$salt$${sha256Key.replaceAll('+', '-').replaceAll('/', '_').replace('m', '-')}`,
    `pbkdf2_sha256$1000$salt$more$${sha256Key}`,
    `pbkdf2:sha256$salt$${'ab'.repeat(32)}`,
    `pbkdf2:md5:1000$salt$${'ab'.repeat(16)}`,
    `pbkdf2:constructor:1000$salt$${'ab'.repeat(16)}`,
    `pbkdf2:sha256:1000$salt$${'ab'.repeat(31)}a`,
    `scrypt:1000:8:1$salt$${scryptKey}`,
    `scrypt:1:8:1$salt$${scryptKey}`,
    `scrypt:65536:1:1$salt$${scryptKey}`,
    `scrypt:16384:0:1$salt$${scryptKey}`,
    '$argon2d$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=7,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=1024,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=1024,t=1,p=1$$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2a$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ])('is recognised as none: %s', async (record) => {
    expect(parseStoredHash(record)).toBeUndefined()
    expect(await fits('password', record)).toBe(false)
  })

  it.each([
    `pbkdf2_sha256$5000001$salt$${sha256Key}`,
    `pbkdf2_sha256$4294967296$salt$${sha256Key}`,
    `pbkdf2_sha256$99999999999999999999$salt$${sha256Key}`,
    `pbkdf2:sha512:2147483647$salt$${'ab'.repeat(64)}`,
    `scrypt:1073741824:8:1$salt$${scryptKey}`,
    `scrypt:32768:8:1024$salt$${scryptKey}`,
    `scrypt:2:1073741824:1$salt$${scryptKey}`,
    '$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=262144,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=8,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=262144,t=1,p=255$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ])('that asks for minutes or gigabytes is not worked on: %s', (record) => {
    expect(parseStoredHash(record)).toBeUndefined()
  })

  it.each([
    `scrypt:65536:8:8$salt$${scryptKey}`,
    `scrypt:64:8:64$salt$${scryptKey}`,
    '$argon2id$v=19$m=262144,t=1,p=64$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    `$argon2id$v=19$m=8,t=1,p=1$${'AAAA'.repeat(16)}$${'AAAA'.repeat(21)}AA`,
  ])('that asks for the most there is is worked on, within the limits of the libraries: %s', async (record) => {
    expect(parseStoredHash(record)).toBeDefined()
    expect(await fits('password', record)).toBe(false)
  })
})
