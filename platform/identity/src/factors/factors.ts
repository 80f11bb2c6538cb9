import type { AccountId } from '@sallyport/kernel'
import { lockAccount } from '../accounts/account-store.ts'
import type { Actor } from '../audit/audit.ts'
import type { Authority } from '../roles/roles.ts'
import { seal, unseal } from '../tokens/sealing.ts'
import { type Factor, FactorMissing, FactorPresent, type OwnChange, WrongCode } from './factor.ts'
import {
  changeFactors,
  type FactorChangeParts,
  firstRecoveryCodes,
  makeRecoveryCodes,
  resetFactors,
} from './factor-changes.ts'
import { sealPurpose } from './factor-proofs.ts'
import * as store from './factor-store.ts'
import { newTotpSecret, stepOfCode } from './totp.ts'

/** What people have besides their passwords: how it comes and goes. */
export interface Factors {
  list(uid: AccountId): Promise<Factor[]>
  /** Makes a secret for an authenticator app, which is no factor before it is confirmed. @throws {FactorPresent} */
  beginTotp(uid: AccountId): Promise<void>
  /** The secret that is to be confirmed. */
  pendingTotp(uid: AccountId): Promise<string | undefined>
  /**
   * Makes the app a factor, by a code of it. With the first factor of an account come recovery codes, which nobody can
   * read again.
   *
   * @throws {WrongCode} @throws {FactorMissing} when there is nothing to be confirmed
   */
  confirmTotp(change: OwnChange, code: string): Promise<readonly string[]>
  /** @throws {FactorMissing} */
  removeTotp(change: OwnChange): Promise<void>
  /** Makes recovery codes in the place of those there were. @throws {FactorMissing} when there is no factor to go with them */
  renewRecoveryCodes(change: Omit<OwnChange, 'session'>): Promise<readonly string[]>
  /** Removes all factors of somebody who has lost them, and ends their sessions. @throws {UnknownAccount} @throws {AccountTooStrong} */
  reset(uid: string, by: Actor | Authority): Promise<void>
}

export function createFactors(parts: FactorChangeParts & { readonly masterKey: Uint8Array }): Factors {
  const { db, clock, masterKey, audit } = parts

  return {
    list: (uid) => store.listFactors(db, uid),

    async beginTotp(uid) {
      const sealed = seal(newTotpSecret(), masterKey, sealPurpose(uid))
      if (!(await store.putTotp(db, uid, sealed, clock.now()))) throw new FactorPresent()
    },

    async pendingTotp(uid) {
      const totp = await store.findTotp(db, uid, clock.now())
      return totp && !totp.isConfirmed ? unseal(totp.sealedSecret, masterKey, sealPurpose(uid)) : undefined
    },

    async confirmTotp(own, code) {
      const now = clock.now()
      const totp = await store.findTotp(db, own.uid, now)
      if (!totp || totp.isConfirmed) throw new FactorMissing()
      const step = stepOfCode(unseal(totp.sealedSecret, masterKey, sealPurpose(own.uid)), code, now)
      if (step === undefined) throw new WrongCode()
      return changeFactors(parts, own, { kind: 'factor.added', factor: 'totp' }, async (tx) => {
        const { sealedSecret } = totp
        if (!(await store.confirmTotp(tx, own.uid, { sealedSecret, step, now }))) throw new FactorMissing()
        return firstRecoveryCodes(tx, own.uid)
      })
    },

    removeTotp: (own) =>
      changeFactors(parts, own, { kind: 'factor.removed', factor: 'totp' }, async (tx) => {
        if (!(await store.removeTotp(tx, own.uid))) throw new FactorMissing()
      }),

    renewRecoveryCodes: ({ uid, by }) =>
      db.transaction().execute(async (tx) => {
        if ((await lockAccount(tx, uid))?.hasSecondFactor !== true) throw new FactorMissing()
        await audit.record(tx, { kind: 'recovery-codes.renewed', by, subject: uid })
        return makeRecoveryCodes(tx, uid)
      }),

    reset: (uid, by) => resetFactors(parts, uid, by),
  }
}
