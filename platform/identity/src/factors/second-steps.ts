import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { WrongCredentials } from '../accounts/account.ts'
import { findCredentials } from '../accounts/credential-store.ts'
import type { Audit } from '../audit/audit.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { SessionId, SessionOrigin } from '../sessions/session.ts'
import { mayUse, type ProvenPassword, type Sessions } from '../sessions/sessions.ts'
import { type Worth, worthOfBoth } from './assurance.ts'
import { type Factor, type FactorProof, SignInOver, WrongCode } from './factor.ts'
import type { FactorProofs, Judgement } from './factor-proofs.ts'
import { listFactors } from './factor-store.ts'
import { countTry, findHalf, keepHalf, takeHalf } from './half-sign-in-store.ts'

/** Between the password and the second factor of a sign-in. What was proven is kept here, and never with the browser. */
export interface SecondSteps {
  /** Keeps a password that was proven in answer to a question. */
  begin(question: string, proven: ProvenPassword, address: string): Promise<void>
  /** What may be shown next; undefined when no password was proven, or not lately. */
  find(question: string): Promise<{ readonly uid: AccountId; readonly factors: readonly Factor[] } | undefined>
  /**
   * Opens the session.
   *
   * @throws {WrongCode} @throws {SignInOver} @throws {TooManyAttempts}
   */
  prove(question: string, proof: FactorProof, origin: SessionOrigin): Promise<SignedIn>
  /** The browser begins anew. */
  forget(question: string): Promise<void>
}

export interface SignedIn extends Worth {
  readonly uid: AccountId
  readonly sid: SessionId
}

const lifeMs = 5 * 60_000
const mostTries = 5

export function createSecondSteps(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
  readonly guesses: Guesses
  readonly sessions: Sessions
  readonly proofs: FactorProofs
}): SecondSteps {
  const { db, clock, audit, guesses, sessions, proofs } = parts

  async function judge(uid: AccountId, proof: FactorProof, question: string): Promise<Judgement> {
    if (proof.kind === 'passkey') return proofs.judgePasskey(uid, proof.answer, question)
    return (await proofs.judge(uid, proof)) ? { worth: worthOfBoth[proof.kind] } : { fault: `wrong-${proof.kind}` }
  }

  /** Opens a session for what was proven at both steps, which may hold no more. */
  async function open(uid: AccountId, provenHash: string, factor: FactorProof['kind'], origin: SessionOrigin) {
    const credentials = await findCredentials(db, uid)
    if (!credentials || !mayUse(credentials.account)) throw new SignInOver()
    try {
      const proven = { account: credentials.account, passwordHash: provenHash }
      const { sid } = await sessions.open(proven, origin, factor)
      return { uid, sid, username: credentials.account.username }
    } catch (error) {
      throw error instanceof WrongCredentials ? new SignInOver() : error
    }
  }

  return {
    async begin(question, proven, address) {
      const { uid } = proven.account
      await keepHalf(db, question, { uid, provenHash: proven.passwordHash }, new Date(clock.now().getTime() + lifeMs))
      // Whoever stops here knew the password and nothing more: its owner should be able to find that out.
      await audit.record(db, { kind: 'sign-in.half-done', by: { kind: 'anonymous', address }, subject: uid })
      sessions.upgrade(proven)
    },

    async find(question) {
      const half = await findHalf(db, question, clock.now())
      return half && { uid: half.uid, factors: await listFactors(db, half.uid) }
    },

    async prove(question, proof, origin) {
      const awaited = await findHalf(db, question, clock.now())
      if (!awaited) throw new SignInOver()
      // Recovery codes are too long to be guessed: they stay a way in while somebody else guesses the short ones.
      const attempt = proof.kind === 'totp' ? await guesses.beginCode(awaited.uid) : undefined
      const half = await countTry(db, question, mostTries, clock.now())
      if (!half) throw new SignInOver()
      const judgement = await judge(half.uid, proof, question)
      if ('fault' in judgement) {
        await audit.record(db, {
          kind: 'sign-in.refused',
          by: { kind: 'anonymous', address: origin.address },
          subject: half.uid,
          details: { on: 'openid', reason: judgement.fault },
        })
        if (half.tries < mostTries) throw new WrongCode()
        await takeHalf(db, question)
        throw new SignInOver()
      }
      if (!(await takeHalf(db, question))) throw new SignInOver()
      const { username, ...signedIn } = await open(half.uid, half.provenHash, proof.kind, origin)
      await attempt?.succeeded()
      await guesses.forget(username, origin.address)
      return { ...signedIn, ...judgement.worth }
    },

    async forget(question) {
      await takeHalf(db, question)
    },
  }
}
