import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostPasskeys, type PasskeyFault, TooManyPasskeys } from '../src/passkeys/passkey.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { createAuthenticator, type Deviation } from './authenticator.ts'
import { fault, origin, startPasskeys } from './passkeys-support.ts'

let on: Awaited<ReturnType<typeof startPasskeys>>
beforeAll(async () => (on = await startPasskeys()))
afterAll(() => on.stop())

describe('adding a passkey', () => {
  it('asks for a key that is found without a name, and knows who uses it', async () => {
    const { account, owner } = await on.newPerson()
    const options = await on.passkeys.offerRegistration(account, owner.session)
    expect(options).toMatchObject({
      rp: { id: 'sallyport.test' },
      user: { id: Buffer.from(account.uid.replaceAll('-', ''), 'hex').toString('base64url'), name: account.username },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [],
    })
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-7, -8, -257])
  })

  it('is written down, and ends the other sessions of the account', async () => {
    const person = await on.newPerson()
    const { db } = on.one.testDatabase.database
    const other = newId<SessionId>()
    const now = on.clock.now()
    const times = { created_at: now, expires_at: new Date(now.getTime() + 1000) }
    for (const sid of [other, person.owner.session]) {
      await db
        .insertInto('session')
        .values({ sid, uid: person.owner.uid, ...times })
        .execute()
    }
    const { id } = await on.add(person, { synced: true })
    expect(await on.passkeys.list(person.owner.uid)).toMatchObject([
      { id, name: 'key', synced: true, transports: ['internal'], createdAt: now, lastUsedAt: undefined },
    ])
    expect(on.revoked).toContain(other)
    expect(on.revoked).not.toContain(person.owner.session)
    const events = await db
      .selectFrom('audit_event')
      .selectAll()
      .where('subject', '=', person.owner.uid)
      .orderBy('id')
      .execute()
    expect(events.at(-1)).toMatchObject({
      kind: 'factor.added',
      details: { factor: 'passkeys', passkey: id.slice(0, 22) },
    })
    expect(
      (await on.passkeys.offerRegistration(person.account, person.owner.session)).excludeCredentials,
    ).toMatchObject([{ id }])
  })

  it('is refused for what was not asked, or is not for here', async () => {
    const { account, owner } = await on.newPerson()
    const refuse = async (deviation: Deviation, expected: PasskeyFault) => {
      const options = await on.passkeys.offerRegistration(account, owner.session)
      const answer = createAuthenticator({ origin }).create(options, deviation)
      await expect(on.passkeys.register(answer, 'key', owner), JSON.stringify(deviation)).rejects.toEqual(
        fault(expected),
      )
    }
    await refuse({ origin: 'https://sallyport.test.evil.example' }, 'unproven')
    await refuse({ origin: 'http://sallyport.test' }, 'unproven')
    await refuse({ rpId: 'evil.example' }, 'unproven')
    await refuse({ unverified: true }, 'unproven')
    await refuse({ crossOrigin: true }, 'unproven')
    await refuse({ challenge: Buffer.alloc(32).toString('base64url') }, 'stale')
    expect(await on.passkeys.list(owner.uid)).toEqual([])
  })

  it('looks at no certificate, whose addresses would be called', async () => {
    const { account, owner } = await on.newPerson()
    for (const fmt of ['packed', 'fido-u2f', 'android-key', 'tpm', 'apple', 'android-safetynet']) {
      const attStmt = new Map([['x5c', [new Uint8Array([0x30, 0])]]])
      const options = await on.passkeys.offerRegistration(account, owner.session)
      const answer = createAuthenticator({ origin }).create(options, { attestation: { fmt, attStmt } })
      const refusal: unknown = await on.passkeys.register(answer, 'key', owner).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ fault: 'unproven', cause: { message: 'an attestation was not asked for' } })
    }
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"id":1}',
    JSON.stringify({ id: 'a', rawId: 'a', type: 'public-key', response: {} }),
  ])('is refused for %j, which is no answer', async (answer) => {
    const { owner } = await on.newPerson()
    await expect(on.passkeys.register(answer, 'key', owner)).rejects.toEqual(fault('malformed'))
    await expect(on.passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('malformed'))
  })

  it('needs a name of 1 to 50 characters', async () => {
    const { account, owner } = await on.newPerson()
    const authenticator = createAuthenticator({ origin })
    const answer = authenticator.create(await on.passkeys.offerRegistration(account, owner.session))
    for (const name of ['', '   ', 'x'.repeat(51), 'a\nb']) {
      await expect(on.passkeys.register(answer, name, owner)).rejects.toMatchObject({ code: 'invalid-passkey-name' })
    }
    await on.passkeys.register(answer, ' Ada’s phone ', owner)
    expect((await on.passkeys.list(owner.uid))[0]?.name).toBe('Ada’s phone')
  })

  it('works once, in the session that it was offered in, and for five minutes', async () => {
    const { account, owner } = await on.newPerson()
    const [authenticator, options] = [
      createAuthenticator({ origin }),
      await on.passkeys.offerRegistration(account, owner.session),
    ]
    const answer = authenticator.create(options)
    const elsewhere = { ...owner, session: newId<SessionId>() }
    await expect(on.passkeys.register(answer, 'key', elsewhere)).rejects.toEqual(fault('stale'))
    await on.passkeys.register(answer, 'key', owner)
    await expect(on.passkeys.register(answer, 'key', owner)).rejects.toEqual(fault('stale'))

    const late = createAuthenticator({ origin }).create(await on.passkeys.offerRegistration(account, owner.session))
    on.later(5 * 60)
    await expect(on.passkeys.register(late, 'key', owner)).rejects.toEqual(fault('stale'))
    expect(await on.passkeys.list(owner.uid)).toHaveLength(1)
  })

  it('never takes a passkey from whoever has it', async () => {
    const { authenticator, owner } = await on.withPasskey()
    const thief = await on.newPerson()
    const answer = authenticator.create(await on.passkeys.offerRegistration(thief.account, thief.owner.session))
    await expect(on.passkeys.register(answer, 'key', thief.owner)).rejects.toEqual(fault('unproven'))
    expect(await on.passkeys.list(owner.uid)).toHaveLength(1)
  })

  it(`stops at ${mostPasskeys}, also when many are added at once`, async () => {
    const person = await on.newPerson()
    for (let added = 0; added < mostPasskeys - 1; added += 1) await on.add(person)
    const sessions = Array.from({ length: 6 }, () => newId<SessionId>())
    const answers = await Promise.all(
      sessions.map(async (sid) => {
        const options = await on.passkeys.offerRegistration(person.account, sid)
        return { sid, answer: createAuthenticator({ origin }).create(options) }
      }),
    )
    const added = await Promise.allSettled(
      answers.map(({ sid, answer }) => on.passkeys.register(answer, 'key', { ...person.owner, session: sid })),
    )
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await on.passkeys.list(person.owner.uid)).toHaveLength(mostPasskeys)
    await expect(on.passkeys.offerRegistration(person.account, person.owner.session)).rejects.toBeInstanceOf(
      TooManyPasskeys,
    )
  })
})
