import { newId } from '@sallyport/kernel'
import { emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasswordHashing, type PasswordHashing } from '../src/passwords/password-hashing.ts'
import { createFreshSignIn, type FreshProof, type FreshSignIn } from '../src/privacy/fresh-sign-in.ts'
import { password, startFactors } from './factors-support.ts'

let test: Awaited<ReturnType<typeof startFactors>>
let hashing: PasswordHashing
let freshSignIn: FreshSignIn
beforeAll(async () => {
  test = await startFactors()
  const newHashes = { algorithm: 'argon2id', pbkdf2Iterations: 1000 } as const
  hashing = createPasswordHashing({ newHashes, log: pino({ level: 'silent' }), metrics: emptyMetrics() })
  freshSignIn = createFreshSignIn({ ...test, hashing })
})
afterAll(async () => {
  await hashing.stop()
  await test.stop()
})

/** In a session that nobody has opened lately. */
async function check(proof: Pick<FreshProof, 'uid'> & Partial<FreshProof>): Promise<string> {
  const address = '192.0.2.1'
  return freshSignIn.check({ session: newId(), address, ...proof }).then(
    () => 'let in',
    (error: Error) => error.name,
  )
}

describe('whoever wants what cannot be undone', () => {
  it('says the password when the sign-in was some time ago', async () => {
    const { uid } = await test.account()
    expect(await check({ uid })).toBe('SignInTooOld')
    expect(await check({ uid, password: 'Wrong-Horse7!' })).toBe('WrongCredentials')
    expect(await check({ uid, password })).toBe('let in')
    expect(await check({ uid: newId(), password })).toBe('UnknownAccount')
  })

  it('says a code too where there is a second factor, each once', async () => {
    const { uid } = await test.account()
    const { secret, recoveryCodes } = await test.addTotp(uid)
    const [recoveryCode = ''] = recoveryCodes
    expect(await check({ uid })).toBe('SignInTooOld')
    expect(await check({ uid, password })).toBe('CodeNeeded')
    expect(await check({ uid, password, code: '000000' })).toBe('WrongCode')
    expect(await check({ uid, password: 'Wrong-Horse7!', code: test.codeOf(secret) })).toBe('WrongCredentials')
    expect(await check({ uid, password, code: test.codeOf(secret) })).toBe('let in')
    expect(await check({ uid, password, code: test.codeOf(secret) })).toBe('WrongCode')
    expect(await check({ uid, password, code: recoveryCode })).toBe('let in')
    expect(await check({ uid, password, code: recoveryCode })).toBe('WrongCode')
  })

  it('is slowed down who guesses', async () => {
    const { uid } = await test.account()
    const outcomes: string[] = []
    for (let tries = 0; tries < 25; tries += 1) outcomes.push(await check({ uid, password: 'Wrong-Horse7!' }))
    expect(outcomes).toContain('TooManyAttempts')
    expect((await test.eventsAbout(uid)).map(({ kind }) => kind)).toContain('account.erasure-refused')
  })
})
