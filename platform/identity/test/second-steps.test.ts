import { pbkdf2Sync } from 'node:crypto'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignInOver, WrongCode } from '../src/factors/factor.ts'
import { sweepHalfSignIns } from '../src/factors/half-sign-in-store.ts'
import { TooManyAttempts } from '../src/guessing/guesses.ts'
import { password, startFactors } from './factors-support.ts'

let on: Awaited<ReturnType<typeof startFactors>>
beforeAll(async () => (on = await startFactors()))
afterAll(() => on.stop())

const address = '192.0.2.1'
const origin = { on: 'openid', address, userAgent: undefined } as const

/** Somebody with an authenticator app. */
async function withTotp() {
  const person = await on.account()
  return { ...person, ...(await on.addTotp(person.uid)) }
}

/** Proves the password of somebody in answer to a question. */
async function half(username: string): Promise<string> {
  const question = newId()
  const proven = await on.sessions.provePassword({ username, password, ...origin })
  await on.secondSteps.begin(question, proven, address)
  return question
}

const totp = (code: string) => ({ kind: 'totp', code }) as const
const wrong = totp('000000')

describe('a sign-in in two steps', () => {
  it('opens a session for the password and a code, and says what that is worth', async () => {
    const { uid, username, secret } = await withTotp()
    const question = await half(username)
    expect(await on.secondSteps.find(question)).toMatchObject({ factors: [{ kind: 'totp' }, { left: 10 }] })
    const signedIn = await on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)
    expect(signedIn).toMatchObject({ uid, acr: 'urn:sallyport:acr:two-factors', amr: ['pwd', 'otp', 'mfa'] })
    const session = on.db.selectFrom('session').select('uid').where('sid', '=', signedIn.sid)
    expect(await session.executeTakeFirst()).toEqual({ uid })
    expect(await on.secondSteps.find(question)).toBeUndefined()
    const kinds = (await on.eventsAbout(uid)).map(({ kind, details }) => [kind, Reflect.get(details, 'factor')])
    expect(kinds.slice(-2)).toEqual([
      ['sign-in.half-done', undefined],
      ['sign-in.succeeded', 'totp'],
    ])
  })

  it('done with both ends what was counted of passwords before: twenty more are free of a pause', async () => {
    const { username, secret } = await withTotp()
    const fail = () => on.sessions.provePassword({ username, password: 'wrong', ...origin }).catch(() => undefined)
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < 12; count += 1) await fail()
      await on.secondSteps.prove(await half(username), totp(on.codeOf(secret)), origin)
      on.later(30)
    }
  })

  it('takes a recovery code as well', async () => {
    const { username, recoveryCodes } = await withTotp()
    const proof = { kind: 'recovery-code', code: recoveryCodes[0] ?? '' } as const
    expect(await on.secondSteps.prove(await half(username), proof, origin)).toMatchObject({ amr: ['pwd', 'mfa'] })
    await expect(on.secondSteps.prove(await half(username), proof, origin)).rejects.toThrow(WrongCode)
  })

  it('takes a code once, in whatever sign-in', async () => {
    const { username, secret } = await withTotp()
    const proof = totp(on.codeOf(secret))
    const questions = await Promise.all([half(username), half(username), half(username)])
    const ended = await Promise.allSettled(questions.map((one) => on.secondSteps.prove(one, proof, origin)))
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('belongs to its question', async () => {
    const { username, secret } = await withTotp()
    await half(username)
    await expect(on.secondSteps.prove(newId(), totp(on.codeOf(secret)), origin)).rejects.toThrow(SignInOver)
  })

  it('is over after five minutes, and swept', async () => {
    const { username, secret } = await withTotp()
    const question = await half(username)
    on.later(299)
    expect(await on.secondSteps.find(question)).toBeDefined()
    on.later(1)
    expect(await on.secondSteps.find(question)).toBeUndefined()
    await expect(on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).rejects.toThrow(SignInOver)
    on.later(1)
    expect(await sweepHalfSignIns(on.db, on.clock.now(), 1000)).toBeGreaterThan(0)
    expect(await on.db.selectFrom('half_sign_in').selectAll().execute()).toEqual([])
  })

  it('goes on when the hash of the password was brought up to date meanwhile', async () => {
    const { uid, username, secret } = await withTotp()
    const old = `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1000, 32, 'sha256').toString('base64')}`
    const hash = () => on.db.selectFrom('account').select('password_hash').where('uid', '=', uid).executeTakeFirst()
    await on.db.updateTable('account').set({ password_hash: old }).where('uid', '=', uid).execute()
    const question = await half(username)
    await on.sessions.settle()
    expect((await hash())?.password_hash).toMatch(/^\$argon2id/)
    expect(await on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).toMatchObject({ uid })
  })

  it.each([
    ['the password was changed', 'password_hash', 'changed'],
    ['the account was suspended', 'suspended_at', '2026-01-01T00:00:00Z'],
  ])('opens nothing when %s meanwhile', async (_, column, value) => {
    const { uid, username, secret } = await withTotp()
    const question = await half(username)
    await on.db
      .updateTable('account')
      .set({ [column]: value })
      .where('uid', '=', uid)
      .execute()
    await expect(on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).rejects.toThrow(SignInOver)
  })

  it('opens nothing when the factors were reset meanwhile', async () => {
    const { uid, username, secret } = await withTotp()
    const question = await half(username)
    await on.factors.reset(uid, { kind: 'operator' })
    await expect(on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).rejects.toThrow(SignInOver)
  })
})

describe('wrong codes', () => {
  it('end a sign-in after five, so that the password is asked for again', async () => {
    const { uid, username, secret } = await withTotp()
    const question = await half(username)
    for (let tries = 0; tries < 4; tries += 1)
      await expect(on.secondSteps.prove(question, wrong, origin)).rejects.toThrow(WrongCode)
    await expect(on.secondSteps.prove(question, wrong, origin)).rejects.toThrow(SignInOver)
    await expect(on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).rejects.toThrow(SignInOver)
    const reasons = (await on.eventsAbout(uid)).map(({ details }) => Reflect.get(details, 'reason'))
    expect(reasons.filter((reason) => reason === 'wrong-totp')).toHaveLength(5)
  })

  it('end it after five also when all come at once', async () => {
    const { uid, username } = await withTotp()
    const question = await half(username)
    await Promise.allSettled(Array.from({ length: 10 }, () => on.secondSteps.prove(question, wrong, origin)))
    const reasons = (await on.eventsAbout(uid)).map(({ details }) => Reflect.get(details, 'reason'))
    expect(reasons.filter((reason) => reason === 'wrong-totp')).toHaveLength(5)
  })

  it('slow down all sign-ins of the account together, wherever they come from', async () => {
    const { username, secret } = await withTotp()
    const questions = await Promise.all(Array.from({ length: 8 }, () => half(username)))
    const tries = questions.flatMap((question) => Array.from({ length: 4 }, () => question))
    const ended = await Promise.allSettled(
      tries.map((question, index) =>
        on.secondSteps.prove(question, wrong, { ...origin, address: `198.51.100.${index}` }),
      ),
    )
    const reasons = ended.map((one) => (one.status === 'rejected' ? one.reason : undefined))
    expect(reasons.filter((reason) => reason instanceof WrongCode)).toHaveLength(11)
    expect(reasons.filter((reason) => reason instanceof TooManyAttempts)).toHaveLength(21)
    // A right one meets this as well, or whoever guesses would learn which it is.
    const question = questions[0] ?? ''
    await expect(on.secondSteps.prove(question, totp(on.codeOf(secret)), origin)).rejects.toThrow(TooManyAttempts)
  })

  it('leave the owner the recovery codes, and are forgotten after a right code', async () => {
    const { username, secret, recoveryCodes } = await withTotp()
    for (const [tries, question] of [
      [4, await half(username)],
      [4, await half(username)],
      [3, await half(username)],
    ] as const)
      for (let count = 0; count < tries; count += 1)
        await expect(on.secondSteps.prove(question, wrong, origin)).rejects.toThrow(WrongCode)
    await expect(on.secondSteps.prove(await half(username), wrong, origin)).rejects.toThrow(TooManyAttempts)
    const proof = { kind: 'recovery-code', code: recoveryCodes[0] ?? '' } as const
    expect(await on.secondSteps.prove(await half(username), proof, origin)).toBeDefined()
    on.later(30)
    expect(await on.secondSteps.prove(await half(username), totp(on.codeOf(secret)), origin)).toBeDefined()
    await expect(on.secondSteps.prove(await half(username), wrong, origin)).rejects.toThrow(WrongCode)
  })

  it('are not forgiven by the right password, nor by a new one', async () => {
    const { username } = await withTotp()
    for (let rounds = 0; rounds < 11; rounds += 1)
      await expect(on.secondSteps.prove(await half(username), wrong, origin)).rejects.toThrow(WrongCode)
    await on.guesses.forgive(on.db, username)
    await expect(on.secondSteps.prove(await half(username), wrong, origin)).rejects.toThrow(TooManyAttempts)
  })
})
