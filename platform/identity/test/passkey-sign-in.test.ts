import { type AccountId, newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasskeySignIn } from '../src/passkeys/passkey-sign-in.ts'
import type { Authenticator } from './authenticator.ts'
import { password, startFactors } from './factors-support.ts'

let test: Awaited<ReturnType<typeof startFactors>>
beforeAll(async () => (test = await startFactors()))
afterAll(() => test.stop())

const address = '192.0.2.1'
const origin = { on: 'openid', address, userAgent: undefined } as const

/** Somebody with a passkey, and what has just been signed with it. */
async function withPasskey() {
  const person = await test.account()
  return { ...person, authenticator: await test.addPasskey(person.uid) }
}

async function prove(authenticator: Authenticator, counter?: number) {
  const question = newId()
  const options = await test.passkeys.offerSignIn(question)
  return test.passkeys.proveSignIn(authenticator.get(options, counter === undefined ? {} : { counter }), question)
}

const open = async (authenticator: Authenticator, counter?: number) =>
  test.sessions.openWithPasskey(await prove(authenticator, counter), origin)

const sessionsOf = (uid: AccountId) => test.db.selectFrom('session').select('sid').where('uid', '=', uid).execute()

describe('a sign-in with a passkey alone', () => {
  it('opens a session, and is in the trail as what it was', async () => {
    const { uid, authenticator } = await withPasskey()
    const { sid } = await open(authenticator)
    expect(await sessionsOf(uid)).toEqual([{ sid }])
    const event = { kind: 'sign-in.succeeded', details: { on: 'openid', with: 'passkey' } }
    expect((await test.eventsAbout(uid)).at(-1)).toEqual(event)
    expect((await test.passkeys.list(uid))[0]?.lastUsedAt).toEqual(test.clock.now())
  })

  it('needs an account that may be used', async () => {
    const { uid, authenticator } = await withPasskey()
    const proven = await prove(authenticator)
    await test.db.updateTable('account').set({ suspended_at: test.clock.now() }).where('uid', '=', uid).execute()
    await expect(test.sessions.openWithPasskey(proven, origin)).rejects.toMatchObject({ code: 'wrong-credentials' })
    await test.db
      .updateTable('account')
      .set({ suspended_at: null, born_on: 'accounts' })
      .where('uid', '=', uid)
      .execute()
    await expect(open(authenticator)).rejects.toMatchObject({ code: 'wrong-credentials' })
    expect((await test.eventsAbout(uid)).slice(-2)).toEqual([
      { kind: 'sign-in.refused', details: { on: 'openid', reason: 'suspended' } },
      { kind: 'sign-in.refused', details: { on: 'openid', reason: 'unverified' } },
    ])
    expect(await sessionsOf(uid)).toEqual([])
  })

  it('ends with the account', async () => {
    const { uid, authenticator } = await withPasskey()
    const proven = await prove(authenticator)
    await test.one.identity.accounts.remove(uid, { kind: 'operator' })
    await expect(test.sessions.openWithPasskey(proven, origin)).rejects.toMatchObject({ code: 'wrong-credentials' })
    await expect(prove(authenticator)).rejects.toMatchObject({ fault: 'unknown-passkey' })
  })
})

describe('an authenticator that counts', () => {
  it('is refused when it has counted less than before: there is another one', async () => {
    const { uid, authenticator } = await withPasskey()
    await open(authenticator, 7)
    for (const counter of [7, 6, 0]) {
      await expect(open(authenticator, counter)).rejects.toMatchObject({ code: 'wrong-credentials' })
      const event = { kind: 'sign-in.refused', details: { on: 'openid', reason: 'cloned-passkey' } }
      expect((await test.eventsAbout(uid)).at(-1)).toEqual(event)
    }
    await open(authenticator, 8)
    expect(await sessionsOf(uid)).toHaveLength(2)
  })

  it('is believed once when many come with the same count at once', async () => {
    const { uid, authenticator } = await withPasskey()
    const proofs = []
    for (let count = 0; count < 8; count += 1) proofs.push(await prove(authenticator, 5))
    // A pool that has yet to connect would let them in one after the other.
    await Promise.all(proofs.map(() => sql`select pg_sleep(0.1)`.execute(test.db)))
    const opened = await Promise.allSettled(proofs.map((proven) => test.sessions.openWithPasskey(proven, origin)))
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    for (const reason of refused) expect(reason).toMatchObject({ code: 'wrong-credentials' })
    expect(await sessionsOf(uid)).toHaveLength(1)
  })

  it('need not count', async () => {
    const { uid, authenticator } = await withPasskey()
    for (let count = 0; count < 2; count += 1) await open(authenticator, 0)
    expect(await sessionsOf(uid)).toHaveLength(2)
  })
})

describe('removing a passkey', () => {
  it('leaves no session that was opened with it, whichever was first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { uid, authenticator } = await withPasskey()
      const proven = await prove(authenticator)
      await Promise.allSettled([
        test.sessions.openWithPasskey(proven, origin),
        test.passkeys.remove(authenticator.id, test.own(uid)),
      ])
      expect(await sessionsOf(uid)).toEqual([])
    }
  })

  it('ends the second step of an account that has nothing else, and its recovery codes', async () => {
    const { uid, username, authenticator } = await withPasskey()
    expect(await test.signIn(username)).toBe(401)
    expect(await test.factors.list(uid)).toEqual([
      { kind: 'passkeys', count: 1 },
      { kind: 'recovery-codes', left: 10 },
    ])
    await test.passkeys.remove(authenticator.id, test.own(uid))
    expect(await test.factors.list(uid)).toEqual([])
    expect(await test.signIn(username)).toBe(200)
  })

  it('is part of a reset of all factors', async () => {
    const { uid, authenticator } = await withPasskey()
    await test.factors.reset(uid, { kind: 'operator' })
    await expect(prove(authenticator)).rejects.toMatchObject({ fault: 'unknown-passkey' })
  })
})

describe('a passkey after a password', () => {
  async function halfDone() {
    const person = await withPasskey()
    const question: string = newId()
    const proof = { username: person.username, password, ...origin }
    await test.secondSteps.begin(question, await test.sessions.provePassword(proof), address)
    const options = await test.passkeys.offerSecondFactor(question, person.uid)
    if (!options) throw new TypeError('there is a passkey')
    return { ...person, question, options }
  }

  it('is worth as much as a passkey alone', async () => {
    const { uid, authenticator, question, options } = await halfDone()
    const proof = { kind: 'passkey', answer: authenticator.get(options, { unverified: true }) } as const
    const signedIn = await test.secondSteps.prove(question, proof, origin)
    expect(signedIn).toMatchObject({ uid, acr: 'phr', amr: ['pwd', 'hwk', 'mfa'] })
    const event = { kind: 'sign-in.succeeded', details: { on: 'openid', factor: 'passkey' } }
    expect((await test.eventsAbout(uid)).at(-1)).toEqual(event)
  })

  it('is refused when it is somebody else’s or was used up, and the trail says why', async () => {
    const { uid, question, options } = await halfDone()
    const eve = await withPasskey()
    const answer = eve.authenticator.get(options)
    for (const reason of ['passkey-unknown-passkey', 'passkey-stale']) {
      const proving = test.secondSteps.prove(question, { kind: 'passkey', answer }, origin)
      await expect(proving).rejects.toMatchObject({ code: 'wrong-code' })
      const event = { kind: 'sign-in.refused', details: { on: 'openid', reason } }
      expect((await test.eventsAbout(uid)).at(-1)).toEqual(event)
    }
    expect(await sessionsOf(uid)).toEqual([])
  })
})

describe('refusals', () => {
  it('that concern nobody’s account do not fill the trail', async () => {
    const { db, audit, passkeys, sessions } = test
    const signIn = createPasskeySignIn({ db, audit, passkeys, sessions, limit: { count: async () => undefined } })
    const { uid, authenticator } = await withPasskey()
    const count = async () =>
      (await db.selectFrom('audit_event').select('id').where('kind', '=', 'sign-in.refused').execute()).length
    const before = await count()
    const stale = authenticator.get(await passkeys.offerSignIn('one'))
    await passkeys.offerSignIn('one')
    for (const answer of ['{}', stale]) {
      await expect(signIn.signIn(answer, 'one', origin)).rejects.toMatchObject({ code: 'passkey-refused' })
    }
    expect(await count()).toBe(before)
    const foreign = authenticator.get(await passkeys.offerSignIn('one'), { origin: 'https://evil.example' })
    await expect(signIn.signIn(foreign, 'one', origin)).rejects.toMatchObject({ code: 'passkey-refused' })
    const event = { kind: 'sign-in.refused', details: { on: 'openid', reason: 'passkey-unproven' } }
    expect((await test.eventsAbout(uid)).at(-1)).toEqual(event)
  })
})
