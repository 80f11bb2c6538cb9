import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepChallenges } from '../src/passkeys/challenge-store.ts'
import { UnknownPasskey } from '../src/passkeys/passkey.ts'
import { createAuthenticator, type Deviation } from './authenticator.ts'
import { fault, origin, startPasskeys } from './passkeys-support.ts'

let on: Awaited<ReturnType<typeof startPasskeys>>
beforeAll(async () => (on = await startPasskeys()))
afterAll(() => on.stop())

describe('signing in with a passkey', () => {
  it('says who somebody is, who has given no name', async () => {
    const { authenticator, owner } = await on.withPasskey()
    const options = await on.passkeys.offerSignIn('question')
    expect(options).toMatchObject({ rpId: 'sallyport.test', userVerification: 'required' })
    expect(options.allowCredentials).toBeUndefined()
    const proven = await on.passkeys.proveSignIn(authenticator.get(options), 'question')
    expect(proven).toMatchObject({ passkey: { uid: owner.uid }, counter: 1, userVerified: true })
  })

  it('is refused for an answer that was given before, also when it comes ten times at once', async () => {
    const { authenticator } = await on.withPasskey()
    const answer = authenticator.get(await on.passkeys.offerSignIn('race'))
    const proofs = await Promise.allSettled(Array.from({ length: 10 }, () => on.passkeys.proveSignIn(answer, 'race')))
    expect(proofs.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(on.passkeys.proveSignIn(answer, 'race')).rejects.toEqual(fault('stale'))
  })

  it('is refused for the challenge of another question, of another step, or of five minutes ago', async () => {
    const { authenticator, owner } = await on.withPasskey()
    const answer = authenticator.get(await on.passkeys.offerSignIn('mine'))
    await on.passkeys.offerSignIn('yours')
    await expect(on.passkeys.proveSignIn(answer, 'yours')).rejects.toEqual(fault('stale'))
    await expect(on.passkeys.proveSecondFactor(answer, 'mine', owner.uid)).rejects.toEqual(fault('stale'))
    on.later(5 * 60)
    await expect(on.passkeys.proveSignIn(answer, 'mine')).rejects.toEqual(fault('stale'))
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
    const { authenticator } = await on.withPasskey()
    const answer = authenticator.get(await on.passkeys.offerSignIn('question'), deviation)
    await expect(on.passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('unproven'))
  })

  it('is refused with the signature of another key, and with a passkey that nobody has', async () => {
    const { authenticator } = await on.withPasskey()
    const stranger = createAuthenticator({ origin })
    const unknown = stranger.get(await on.passkeys.offerSignIn('question'))
    await expect(on.passkeys.proveSignIn(unknown, 'question')).rejects.toEqual(fault('unknown-passkey'))
    const options = await on.passkeys.offerSignIn('question')
    const [own, foreign] = [JSON.parse(authenticator.get(options)), JSON.parse(stranger.get(options))]
    const forged = JSON.stringify({ ...own, response: { ...own.response, signature: foreign.response.signature } })
    await expect(on.passkeys.proveSignIn(forged, 'question')).rejects.toEqual(fault('unproven'))
  })
})

describe('a passkey behind a password', () => {
  it('is one of the account’s own, and need not know who uses it', async () => {
    const { authenticator, owner } = await on.withPasskey({ synced: true })
    const options = await on.passkeys.offerSecondFactor('question', owner.uid)
    if (!options) throw new TypeError('there is a passkey')
    expect(options).toMatchObject({ allowCredentials: [{ id: authenticator.id }], userVerification: 'preferred' })
    const proven = await on.passkeys.proveSecondFactor(
      authenticator.get(options, { unverified: true }),
      'question',
      owner.uid,
    )
    expect(proven.userVerified).toBe(false)
  })

  it('is refused when it is another account’s', async () => {
    const [ada, eve] = [await on.withPasskey(), await on.withPasskey()]
    const options = await on.passkeys.offerSecondFactor('question', ada.owner.uid)
    if (!options) throw new TypeError('there is a passkey')
    const answer = eve.authenticator.get(options)
    await expect(on.passkeys.proveSecondFactor(answer, 'question', ada.owner.uid)).rejects.toEqual(
      fault('unknown-passkey'),
    )
  })

  it('is not offered to whoever has none', async () => {
    const { owner } = await on.newPerson()
    expect(await on.passkeys.offerSecondFactor('question', owner.uid)).toBeUndefined()
  })
})

describe('the passkeys of an account', () => {
  it('are renamed and removed by their owner alone', async () => {
    const [ada, eve] = [await on.withPasskey(), await on.withPasskey()]
    const { id } = ada.authenticator
    await on.passkeys.rename(id, 'phone', ada.owner)
    expect((await on.passkeys.list(ada.owner.uid))[0]?.name).toBe('phone')
    for (const [text, owner] of [
      [id, eve.owner],
      ['', ada.owner],
      ['!', ada.owner],
      ['AAAA', ada.owner],
    ] as const) {
      await expect(on.passkeys.rename(text, 'mine', owner)).rejects.toBeInstanceOf(UnknownPasskey)
      await expect(on.passkeys.remove(text, owner)).rejects.toBeInstanceOf(UnknownPasskey)
    }
    await on.passkeys.remove(id, ada.owner)
    expect(await on.passkeys.list(ada.owner.uid)).toEqual([])
    const answer = ada.authenticator.get(await on.passkeys.offerSignIn('question'))
    await expect(on.passkeys.proveSignIn(answer, 'question')).rejects.toEqual(fault('unknown-passkey'))
  })
})

describe('challenges', () => {
  it('take no room: one for each question, and none for long', async () => {
    const { db } = on.one.testDatabase.database
    for (let shown = 0; shown < 3; shown += 1) await on.passkeys.offerSignIn('shown thrice')
    const kept = () => db.selectFrom('passkey_challenge').select('bound_to').execute()
    expect((await kept()).filter((row) => row.bound_to === 'shown thrice')).toHaveLength(1)
    on.later(6 * 60)
    await sweepChallenges(db, on.clock.now(), 1000)
    expect(await kept()).toEqual([])
  })
})
