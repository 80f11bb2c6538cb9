import { randomBytes } from 'node:crypto'
import type { AccountId } from '@sallyport/kernel'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Account } from '../accounts/account.ts'
import type { OwnChange } from '../factors/factor.ts'
import { changeFactors, type FactorChangeParts, firstRecoveryCodes } from '../factors/factor-changes.ts'
import type { SessionId } from '../sessions/session.ts'
import { challengeOf, readAuthentication, readRegistration } from './answers.ts'
import {
  challengeLifeMs,
  checkAuthentication,
  checkRegistration,
  creationOptions,
  requestOptions,
  userHandleOf,
} from './ceremonies.ts'
import { type ChallengeUse, keepChallenge, takeChallenge } from './challenge-store.ts'
import {
  auditedPasskey,
  mostPasskeys,
  parsePasskeyName,
  type Passkey,
  PasskeyRefused,
  type ProvenPasskey,
  TooManyPasskeys,
  UnknownPasskey,
} from './passkey.ts'
import * as store from './passkey-store.ts'
import type { RelyingParty } from './relying-party.ts'

export interface Passkeys {
  /** What a browser is asked for when the owner of an account wants another passkey. @throws {TooManyPasskeys} */
  offerRegistration(account: Account, sid: SessionId): Promise<PublicKeyCredentialCreationOptionsJSON>
  /**
   * Adds the passkey that a browser has made. With the first factor of an account come recovery codes, which nobody can
   * read again.
   *
   * @throws {PasskeyRefused} @throws {TooManyPasskeys} @throws {InvalidPasskeyName} @throws {UnknownAccount}
   */
  register(answer: string, name: string, owner: OwnChange): Promise<readonly string[]>
  /** What a browser is asked for at a sign-in without a password, by the question that it is asked with. */
  offerSignIn(question: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** Finds out who somebody is by the passkey that has signed. @throws {PasskeyRefused} */
  proveSignIn(answer: string, question: string): Promise<ProvenPasskey>
  /** The same for somebody whose password is proven; undefined when they have no passkey. */
  offerSecondFactor(question: string, uid: AccountId): Promise<PublicKeyCredentialRequestOptionsJSON | undefined>
  /** @throws {PasskeyRefused} also for the passkey of another account */
  proveSecondFactor(answer: string, question: string, uid: AccountId): Promise<ProvenPasskey>
  /** The oldest first. */
  list(uid: AccountId): Promise<Passkey[]>
  /** @throws {UnknownPasskey} @throws {InvalidPasskeyName} */
  rename(id: string, name: string, owner: OwnChange): Promise<void>
  /** @throws {UnknownPasskey} */
  remove(id: string, owner: OwnChange): Promise<void>
}

const challengeBytes = 32

export function createPasskeys(parts: FactorChangeParts & { readonly relyingParty: RelyingParty }): Passkeys {
  const { db, clock, audit, relyingParty } = parts

  async function newChallenge(use: ChallengeUse): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = new Uint8Array(randomBytes(challengeBytes))
    await keepChallenge(db, use, challenge, new Date(clock.now().getTime() + challengeLifeMs))
    return challenge
  }

  /** The challenge of an answer, which nobody can answer again from now on. */
  async function take(answer: Parameters<typeof challengeOf>[0], use: ChallengeUse): Promise<Buffer> {
    const challenge = challengeOf(answer)
    if (!(await takeChallenge(db, use, challenge, clock.now()))) throw new PasskeyRefused('stale')
    return challenge
  }

  async function prove(answer: string, use: ChallengeUse, uid: AccountId | undefined): Promise<ProvenPasskey> {
    const response = readAuthentication(answer)
    const challenge = await take(response, use)
    const id = store.parsePasskeyId(response.id)
    const passkey = id && (await store.findPasskey(db, id))
    if (!passkey || (uid !== undefined && passkey.uid !== uid)) {
      throw new PasskeyRefused('unknown-passkey', uid === undefined ? {} : { subject: uid })
    }
    // An authenticator that was not told whom it signs for has to say whom (WebAuthn §7.2).
    const handle = response.response.userHandle ?? (uid === undefined ? '' : undefined)
    if (handle !== undefined && !Buffer.from(handle, 'base64url').equals(userHandleOf(passkey.uid))) {
      throw new PasskeyRefused('unproven', { subject: passkey.uid })
    }
    return checkAuthentication(relyingParty, response, challenge, { passkey, needsUser: uid === undefined })
  }

  return {
    async offerRegistration(account, sid) {
      const known = await store.listPasskeys(db, account.uid)
      if (known.length >= mostPasskeys) throw new TooManyPasskeys()
      const challenge = await newChallenge({ purpose: 'registration', boundTo: sid })
      return creationOptions(relyingParty, account, known, challenge)
    },

    async register(answer, wished, own) {
      const { uid, session } = own
      const name = parsePasskeyName(wished)
      const response = readRegistration(answer)
      const challenge = await take(response, { purpose: 'registration', boundTo: session })
      const { credential, credentialBackedUp, credentialDeviceType } = await checkRegistration(
        relyingParty,
        response,
        challenge,
      )
      const id = store.parsePasskeyId(credential.id)
      if (!id) throw new PasskeyRefused('malformed')
      const event = { kind: 'factor.added', factor: 'passkeys', details: auditedPasskey(id) } as const
      return changeFactors(parts, own, event, async (tx) => {
        // Under the account's lock: otherwise two that are added at once could both be the last one.
        if ((await store.listPasskeys(tx, uid)).length >= mostPasskeys) throw new TooManyPasskeys()
        const kept = await store.insertPasskey(tx, {
          id,
          uid,
          publicKey: credential.publicKey,
          counter: credential.counter,
          transports: credential.transports ?? [],
          synced: credentialDeviceType === 'multiDevice',
          backedUp: credentialBackedUp,
          name,
          createdAt: clock.now(),
        })
        if (!kept) throw new PasskeyRefused('unproven', { subject: uid })
        return firstRecoveryCodes(tx, uid)
      })
    },

    async offerSignIn(question) {
      const challenge = await newChallenge({ purpose: 'sign-in', boundTo: question })
      return requestOptions(relyingParty, undefined, challenge)
    },

    proveSignIn: (answer, question) => prove(answer, { purpose: 'sign-in', boundTo: question }, undefined),

    async offerSecondFactor(question, uid) {
      const known = await store.listPasskeys(db, uid)
      if (known.length === 0) return undefined
      const challenge = await newChallenge({ purpose: 'second-factor', boundTo: question })
      return requestOptions(relyingParty, known, challenge)
    },

    proveSecondFactor: (answer, question, uid) => prove(answer, { purpose: 'second-factor', boundTo: question }, uid),

    list: (uid) => store.listPasskeys(db, uid),

    async rename(text, wished, { uid, by }) {
      const name = parsePasskeyName(wished)
      const id = store.parsePasskeyId(text)
      await db.transaction().execute(async (tx) => {
        if (!id || !(await store.renamePasskey(tx, uid, id, name))) throw new UnknownPasskey()
        await audit.record(tx, { kind: 'passkey.renamed', by, subject: uid, details: auditedPasskey(id) })
      })
    },

    async remove(text, own) {
      const id = store.parsePasskeyId(text)
      if (!id) throw new UnknownPasskey()
      const event = { kind: 'factor.removed', factor: 'passkeys', details: auditedPasskey(id) } as const
      await changeFactors(parts, own, event, async (tx) => {
        if (!(await store.removePasskey(tx, own.uid, id))) throw new UnknownPasskey()
      })
    },
  }
}
