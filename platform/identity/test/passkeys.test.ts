import { type Clock, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../src/accounts/account.ts'
import type { OwnChange } from '../src/factors/factor.ts'
import { createAudit } from '../src/audit/index.ts'
import { sweepChallenges } from '../src/passkeys/challenge-store.ts'
import { mostPasskeys, type PasskeyFault, TooManyPasskeys, UnknownPasskey } from '../src/passkeys/passkey.ts'
import { createPasskeys, type Passkeys } from '../src/passkeys/passkeys.ts'
import { relyingPartyOf } from '../src/passkeys/relying-party.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { type Authenticator, createAuthenticator, type Deviation } from './authenticator.ts'
import { startIdentity, type TestIdentity } from './support.ts'

const publicUrl = 'https://sallyport.test'
const origin = publicUrl
let one: TestIdentity
let passkeys: Passkeys
let now = new Date('2026-05-05T12:00:00Z')
const clock: Clock = { now: () => now }
const revoked: string[] = []

beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
  const relyingParty = relyingPartyOf(publicUrl)
  if (!relyingParty) throw new TypeError('no passkeys here')
  passkeys = createPasskeys({
    db: one.testDatabase.database.db,
    clock,
    changes: { announce: async (_uid, revocations = []) => void revoked.push(...revocations.map(({ id }) => id)) },
    audit: createAudit(clock),
    relyingParty,
  })
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

let count = 0
async function newPerson(): Promise<{ readonly account: Account; readonly owner: OwnChange }> {
  count += 1
  const names = { username: `tove${count}`, email: `tove${count}@example.org`, password: 'Korrekt!Pferd1Batterie' }
  const account = await one.identity.accounts.register(names, 'market', { kind: 'anonymous', address: '' })
  const { uid } = account
  return { account, owner: { uid, session: newId<SessionId>(), by: { kind: 'account', uid, address: '' } } }
}

/** Somebody with a passkey. */
async function withPasskey(options: { readonly synced?: boolean } = {}) {
  const person = await newPerson()
  const authenticator = await add(person, options)
  return { ...person, authenticator }
}

async function add(
  { account, owner }: Awaited<ReturnType<typeof newPerson>>,
  options: { readonly synced?: boolean } = {},
): Promise<Authenticator> {
  const authenticator = createAuthenticator({ origin, ...options })
  const answer = authenticator.create(await passkeys.offerRegistration(account, owner.session))
  await passkeys.register(answer, 'key', owner)
  return authenticator
}

const fault = (fault: PasskeyFault) => expect.objectContaining({ name: 'PasskeyRefused', fault })

describe('adding a passkey', () => {
  it('asks for a key that is found without a name, and knows who uses it', async () => {
    const { account, owner } = await newPerson()
    const options = await passkeys.offerRegistration(account, owner.session)
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
    const person = await newPerson()
    const { db } = one.testDatabase.database
    const other = newId<SessionId>()
    const times = { created_at: now, expires_at: new Date(now.getTime() + 1000) }
    for (const sid of [other, person.owner.session]) {
      await db
        .insertInto('session')
        .values({ sid, uid: person.owner.uid, ...times })
        .execute()
    }
    const { id } = await add(person, { synced: true })
    expect(await passkeys.list(person.owner.uid)).toMatchObject([
      { id, name: 'key', synced: true, transports: ['internal'], createdAt: now, lastUsedAt: undefined },
    ])
    expect(revoked).toContain(other)
    expect(revoked).not.toContain(person.owner.session)
    const events = await db.selectFrom('audit_event').selectAll().where('subject', '=', person.owner.uid).execute()
    expect(events.at(-1)).toMatchObject({
      kind: 'factor.added',
      details: { factor: 'passkeys', passkey: id.slice(0, 22) },
    })
    expect((await passkeys.offerRegistration(person.account, person.owner.session)).excludeCredentials).toMatchObject([
      { id },
    ])
  })

  it('is refused for what was not asked, or is not for here', async () => {
    const { account, owner } = await newPerson()
    const refuse = async (deviation: Deviation, expected: PasskeyFault) => {
      const options = await passkeys.offerRegistration(account, owner.session)
      const answer = createAuthenticator({ origin }).create(options, deviation)
      await expect(passkeys.register(answer, 'key', owner), JSON.stringify(deviation)).rejects.toEqual(fault(expected))
    }
    await refuse({ origin: 'https://sallyport.test.evil.example' }, 'unproven')
    await refuse({ origin: 'http://sallyport.test' }, 'unproven')
    await refuse({ rpId: 'evil.example' }, 'unproven')
    await refuse({ unverified: true }, 'unproven')
    await refuse({ crossOrigin: true }, 'unproven')
    await refuse({ challenge: Buffer.alloc(32).toString('base64url') }, 'stale')
    expect(await passkeys.list(owner.uid)).toEqual([])
  })

  it('looks at no certificate, whose addresses would be called', async () => {
    const { account, owner } = await newPerson()
    for (const fmt of ['packed', 'fido-u2f', 'android-key', 'tpm', 'apple', 'android-safetynet']) {
      const attStmt = new Map([['x5c', [new Uint8Array([0x30, 0])]]])
      const options = await passkeys.offerRegistration(account, owner.session)
      const answer = createAuthenticator({ origin }).create(options, { attestation: { fmt, attStmt } })
      const refusal: unknown = await passkeys.register(answer, 'key', owner).catch((error: unknown) => error)
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
    const { owner } = await newPerson()
    await expect(passkeys.register(answer, 'key', owner)).rejects.toEqual(fault('malformed'))
    await expect(passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('malformed'))
  })

  it('needs a name of 1 to 50 characters', async () => {
    const { account, owner } = await newPerson()
    const authenticator = createAuthenticator({ origin })
    const answer = authenticator.create(await passkeys.offerRegistration(account, owner.session))
    for (const name of ['', '   ', 'x'.repeat(51), 'a\nb']) {
      await expect(passkeys.register(answer, name, owner)).rejects.toMatchObject({ code: 'invalid-passkey-name' })
    }
    await passkeys.register(answer, ' Ada’s phone ', owner)
    expect((await passkeys.list(owner.uid))[0]?.name).toBe('Ada’s phone')
  })

  it('works once, in the session that it was offered in, and for five minutes', async () => {
    const { account, owner } = await newPerson()
    const [authenticator, options] = [
      createAuthenticator({ origin }),
      await passkeys.offerRegistration(account, owner.session),
    ]
    const answer = authenticator.create(options)
    const elsewhere = { ...owner, session: newId<SessionId>() }
    await expect(passkeys.register(answer, 'key', elsewhere)).rejects.toEqual(fault('stale'))
    await passkeys.register(answer, 'key', owner)
    await expect(passkeys.register(answer, 'key', owner)).rejects.toEqual(fault('stale'))

    const late = createAuthenticator({ origin }).create(await passkeys.offerRegistration(account, owner.session))
    now = new Date(now.getTime() + 5 * 60_000)
    await expect(passkeys.register(late, 'key', owner)).rejects.toEqual(fault('stale'))
    expect(await passkeys.list(owner.uid)).toHaveLength(1)
  })

  it('never takes a passkey from whoever has it', async () => {
    const { authenticator, owner } = await withPasskey()
    const thief = await newPerson()
    const answer = authenticator.create(await passkeys.offerRegistration(thief.account, thief.owner.session))
    await expect(passkeys.register(answer, 'key', thief.owner)).rejects.toEqual(fault('unproven'))
    expect(await passkeys.list(owner.uid)).toHaveLength(1)
  })

  it(`stops at ${mostPasskeys}, also when many are added at once`, async () => {
    const person = await newPerson()
    for (let added = 0; added < mostPasskeys - 1; added += 1) await add(person)
    const sessions = Array.from({ length: 6 }, () => newId<SessionId>())
    const answers = await Promise.all(
      sessions.map(async (sid) => {
        const options = await passkeys.offerRegistration(person.account, sid)
        return { sid, answer: createAuthenticator({ origin }).create(options) }
      }),
    )
    const added = await Promise.allSettled(
      answers.map(({ sid, answer }) => passkeys.register(answer, 'key', { ...person.owner, session: sid })),
    )
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await passkeys.list(person.owner.uid)).toHaveLength(mostPasskeys)
    await expect(passkeys.offerRegistration(person.account, person.owner.session)).rejects.toBeInstanceOf(
      TooManyPasskeys,
    )
  })
})

describe('signing in with a passkey', () => {
  it('says who somebody is, who has given no name', async () => {
    const { authenticator, owner } = await withPasskey()
    const options = await passkeys.offerSignIn('question')
    expect(options).toMatchObject({ rpId: 'sallyport.test', userVerification: 'required' })
    expect(options.allowCredentials).toBeUndefined()
    const proven = await passkeys.proveSignIn(authenticator.get(options), 'question')
    expect(proven).toMatchObject({ passkey: { uid: owner.uid }, counter: 1, userVerified: true })
  })

  it('is refused for an answer that was given before, also when it comes ten times at once', async () => {
    const { authenticator } = await withPasskey()
    const answer = authenticator.get(await passkeys.offerSignIn('race'))
    const proofs = await Promise.allSettled(Array.from({ length: 10 }, () => passkeys.proveSignIn(answer, 'race')))
    expect(proofs.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(passkeys.proveSignIn(answer, 'race')).rejects.toEqual(fault('stale'))
  })

  it('is refused for the challenge of another question, of another step, or of five minutes ago', async () => {
    const { authenticator, owner } = await withPasskey()
    const answer = authenticator.get(await passkeys.offerSignIn('mine'))
    await passkeys.offerSignIn('yours')
    await expect(passkeys.proveSignIn(answer, 'yours')).rejects.toEqual(fault('stale'))
    await expect(passkeys.proveSecondFactor(answer, 'mine', owner.uid)).rejects.toEqual(fault('stale'))
    now = new Date(now.getTime() + 5 * 60_000)
    await expect(passkeys.proveSignIn(answer, 'mine')).rejects.toEqual(fault('stale'))
  })

  it.each<[string, Deviation]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of the same host', { origin: 'https://sallyport.test:8443' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['the frame of another site', { crossOrigin: true }],
    ['nobody made sure of', { unverified: true }],
    ['no account told', { userHandle: undefined }],
    ['another account told', { userHandle: Buffer.alloc(16).toString('base64url') }],
    ['a key that suddenly may leave its device', { synced: true }],
  ])('is refused with %s', async (_, deviation) => {
    const { authenticator } = await withPasskey()
    const answer = authenticator.get(await passkeys.offerSignIn('question'), deviation)
    await expect(passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('unproven'))
  })

  it('is refused with the signature of another key, and with a passkey that nobody has', async () => {
    const { authenticator } = await withPasskey()
    const stranger = createAuthenticator({ origin })
    const unknown = stranger.get(await passkeys.offerSignIn('question'))
    await expect(passkeys.proveSignIn(unknown, 'question')).rejects.toEqual(fault('unknown-passkey'))
    const options = await passkeys.offerSignIn('question')
    const [own, foreign] = [JSON.parse(authenticator.get(options)), JSON.parse(stranger.get(options))]
    const forged = JSON.stringify({ ...own, response: { ...own.response, signature: foreign.response.signature } })
    await expect(passkeys.proveSignIn(forged, 'question')).rejects.toEqual(fault('unproven'))
  })
})

describe('a passkey behind a password', () => {
  it('is one of the account’s own, and need not know who uses it', async () => {
    const { authenticator, owner } = await withPasskey({ synced: true })
    const options = await passkeys.offerSecondFactor('question', owner.uid)
    if (!options) throw new TypeError('there is a passkey')
    expect(options).toMatchObject({ allowCredentials: [{ id: authenticator.id }], userVerification: 'preferred' })
    const proven = await passkeys.proveSecondFactor(
      authenticator.get(options, { unverified: true }),
      'question',
      owner.uid,
    )
    expect(proven.userVerified).toBe(false)
  })

  it('is refused when it is another account’s', async () => {
    const [ada, eve] = [await withPasskey(), await withPasskey()]
    const options = await passkeys.offerSecondFactor('question', ada.owner.uid)
    if (!options) throw new TypeError('there is a passkey')
    const answer = eve.authenticator.get(options)
    await expect(passkeys.proveSecondFactor(answer, 'question', ada.owner.uid)).rejects.toEqual(
      fault('unknown-passkey'),
    )
  })

  it('is not offered to whoever has none', async () => {
    const { owner } = await newPerson()
    expect(await passkeys.offerSecondFactor('question', owner.uid)).toBeUndefined()
  })
})

describe('the passkeys of an account', () => {
  it('are renamed and removed by their owner alone', async () => {
    const [ada, eve] = [await withPasskey(), await withPasskey()]
    const { id } = ada.authenticator
    await passkeys.rename(id, 'phone', ada.owner)
    expect((await passkeys.list(ada.owner.uid))[0]?.name).toBe('phone')
    for (const [text, owner] of [
      [id, eve.owner],
      ['', ada.owner],
      ['!', ada.owner],
      ['AAAA', ada.owner],
    ] as const) {
      await expect(passkeys.rename(text, 'mine', owner)).rejects.toBeInstanceOf(UnknownPasskey)
      await expect(passkeys.remove(text, owner)).rejects.toBeInstanceOf(UnknownPasskey)
    }
    await passkeys.remove(id, ada.owner)
    expect(await passkeys.list(ada.owner.uid)).toEqual([])
    const answer = ada.authenticator.get(await passkeys.offerSignIn('question'))
    await expect(passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('unknown-passkey'))
  })
})

describe('challenges', () => {
  it('take no room: one for each question, and none for long', async () => {
    const { db } = one.testDatabase.database
    for (let shown = 0; shown < 3; shown += 1) await passkeys.offerSignIn('shown thrice')
    const kept = () => db.selectFrom('passkey_challenge').select('bound_to').execute()
    expect((await kept()).filter((row) => row.bound_to === 'shown thrice')).toHaveLength(1)
    now = new Date(now.getTime() + 6 * 60_000)
    await sweepChallenges(db, now, 1000)
    expect(await kept()).toEqual([])
  })
})
