import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { unseal } from '../tokens/sealing.ts'
import type { FactorProof } from './factor.ts'
import * as store from './factor-store.ts'
import { digestOfRecoveryCode } from './recovery-code.ts'
import { stepOfCode } from './totp.ts'

/** Judges what people show of their second factors. */
export interface FactorProofs {
  /** Whether it is right; what was right is used up. */
  judge(uid: AccountId, proof: FactorProof): Promise<boolean>
}

export function createFactorProofs(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly masterKey: Uint8Array
}): FactorProofs {
  const { db, clock, masterKey } = parts

  async function judgeCode(uid: AccountId, code: string): Promise<boolean> {
    const totp = await store.findTotp(db, uid)
    if (!totp?.isConfirmed) return false
    const step = stepOfCode(unseal(totp.sealedSecret, masterKey, sealPurpose(uid)), code, clock.now())
    return step !== undefined && store.useStep(db, uid, step)
  }

  return {
    judge: (uid, proof) =>
      proof.kind === 'totp'
        ? judgeCode(uid, proof.code)
        : store.useRecoveryCode(db, uid, digestOfRecoveryCode(proof.code)),
  }
}

/** A secret is sealed for its account: moved to another one it opens nothing. */
export function sealPurpose(uid: AccountId): string {
  return `totp of ${uid}`
}
