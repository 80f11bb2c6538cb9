import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import { type Credentials, findCredentials } from '../accounts/credential-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import { CodeNeeded, WrongCode } from '../factors/factor.ts'
import type { FactorProofs } from '../factors/factor-proofs.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { SessionId } from '../sessions/session.ts'
import { requireFreshSignIn, SignInTooOld } from '../sessions/fresh-sign-in.ts'

/** How somebody shows again who they are. */
export interface FreshProof {
  readonly uid: AccountId
  /** The session that they come with. */
  readonly session: SessionId
  readonly address: string
  readonly password?: string | undefined
  /** Of an authenticator app, or a recovery code. */
  readonly code?: string | undefined
}

/** Makes sure of who is asking for what cannot be undone: a token that was stolen some time ago is not enough. */
export interface FreshSignIn {
  /**
   * Nothing more is asked of whoever signed in lately; of others the password, and a code where there is a second factor.
   *
   * @throws {SignInTooOld} @throws {WrongCredentials} @throws {CodeNeeded} @throws {WrongCode} @throws {UnknownAccount}
   * @throws {TooManyAttempts} @throws {HashingBusy}
   */
  check(proof: FreshProof): Promise<void>
}

export function createFreshSignIn(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly guesses: Guesses
  readonly proofs: FactorProofs
  readonly audit: Audit
}): FreshSignIn {
  const { db, clock, hashing, guesses, proofs, audit } = parts

  async function refuse({ uid, address }: FreshProof, reason: string): Promise<void> {
    const by: Actor = { kind: 'account', uid, address }
    await audit.record(db, { kind: 'account.erasure-refused', by, subject: uid, details: { reason } })
  }

  async function checkPassword({ account, passwordHash }: Credentials, proof: FreshProof, password: string) {
    const attempt = await guesses.begin(account.username, proof.address)
    try {
      if (await hashing.verify(password, passwordHash)) {
        if (!account.hasSecondFactor) await attempt.succeeded()
        return
      }
      await attempt.failed()
      await refuse(proof, 'wrong-password')
      throw new WrongCredentials()
    } finally {
      attempt.done()
    }
  }

  async function checkCode(proof: FreshProof, typed: string): Promise<void> {
    const code = typed.replaceAll(/\s/g, '')
    const kind = /^\d{6}$/.test(code) ? 'totp' : 'recovery-code'
    // Recovery codes are too long to be guessed.
    const attempt = kind === 'totp' ? await guesses.beginCode(proof.uid) : undefined
    if (!(await proofs.judge(proof.uid, { kind, code }))) {
      await refuse(proof, `wrong-${kind}`)
      throw new WrongCode()
    }
    await attempt?.succeeded()
  }

  return {
    async check(proof) {
      const { uid, session, password, code } = proof
      try {
        await requireFreshSignIn(db, session, clock.now())
        return
      } catch (error) {
        if (!(error instanceof SignInTooOld) || password === undefined) throw error
      }
      const credentials = await findCredentials(db, uid)
      if (!credentials) throw new UnknownAccount()
      await checkPassword(credentials, proof, password)
      if (!credentials.account.hasSecondFactor) return
      if (code === undefined) throw new CodeNeeded()
      await checkCode(proof, code)
    },
  }
}
