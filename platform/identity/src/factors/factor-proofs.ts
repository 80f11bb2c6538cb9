import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { unseal } from '../tokens/sealing.ts'
import { PasskeyRefused } from '../passkeys/passkey.ts'
import { countUse } from '../passkeys/passkey-store.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import { type Worth, worthOfPasswordAndPasskey } from './assurance.ts'
import type { FactorProof } from './factor.ts'
import * as store from './factor-store.ts'
import { digestOfRecoveryCode } from './recovery-code.ts'
import { stepOfCode } from './totp.ts'

/** Judges what people show of their second factors. */
export interface FactorProofs {
  /** Whether a code is right; what was right is used up. */
  judge(uid: AccountId, proof: CodeProof): Promise<boolean>
  /** What a password is worth with a passkey that has answered the same question; what was answered is used up. */
  judgePasskey(uid: AccountId, answer: string, question: string): Promise<Judgement>
}

export type CodeProof = Exclude<FactorProof, { readonly kind: 'passkey' }>

/** What was wrong is for the trail alone. */
export type Judgement = { readonly worth: Worth } | { readonly fault: string }

export function createFactorProofs(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly masterKey: Uint8Array
  readonly passkeys?: Passkeys | undefined
}): FactorProofs {
  const { db, clock, masterKey, passkeys } = parts

  async function judgeCode(uid: AccountId, code: string): Promise<boolean> {
    const totp = await store.findTotp(db, uid, clock.now())
    if (!totp?.isConfirmed) return false
    const step = stepOfCode(unseal(totp.sealedSecret, masterKey, sealPurpose(uid)), code, clock.now())
    return step !== undefined && store.useStep(db, uid, step)
  }

  return {
    judge: (uid, proof) =>
      proof.kind === 'totp'
        ? judgeCode(uid, proof.code)
        : store.useRecoveryCode(db, uid, digestOfRecoveryCode(proof.code)),

    async judgePasskey(uid, answer, question) {
      if (!passkeys) return { fault: 'passkey-unknown-passkey' }
      try {
        const proven = await passkeys.proveSecondFactor(answer, question, uid)
        const isUsed = await db.transaction().execute((tx) => countUse(tx, proven, clock.now()))
        return isUsed ? { worth: worthOfPasswordAndPasskey(proven) } : { fault: 'cloned-passkey' }
      } catch (error) {
        if (error instanceof PasskeyRefused) return { fault: `passkey-${error.fault}` }
        throw error
      }
    },
  }
}

/** A secret is sealed for its account: moved to another one it opens nothing. */
export function sealPurpose(uid: AccountId): string {
  return `totp of ${uid}`
}
