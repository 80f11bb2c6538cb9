import type { Kysely, Transaction } from 'kysely'
import type { Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { hurriedLeadMs, isPublished, isRotationDue, leadMs, type Standing, standingsOf } from './signing-key.ts'
import {
  type KeyToMake,
  lockKeys,
  makeKey,
  readKeys,
  readPrivateKey,
  revokeKey,
  signFrom,
  type SigningKey,
  WrongMasterKey,
} from './signing-key-store.ts'

/** A key waits already to take over. */
export class KeyWaiting extends Error {
  override name = 'KeyWaiting'
  constructor({ kid, signsFrom }: SigningKey) {
    super(`the key ${kid} takes over on ${signsFrom.toISOString()} already; with --now it does at once`)
  }
}

/** There is no key under this id whose tokens count. */
export class NoSuchKey extends Error {
  override name = 'NoSuchKey'
  constructor(kid: string) {
    super(`no token that counts is signed with a key ${kid}; sallyport admin keys list shows those that are`)
  }
}

/** Without this key nobody could sign in. */
export class KeyNeeded extends Error {
  override name = 'KeyNeeded'
  constructor(kid: string) {
    super(`the key ${kid} signs all tokens and no other waits to take over; with --rotate a new one does at once`)
  }
}

/** Which key takes over, and when. */
export type TakeOver = Pick<SigningKey, 'kid' | 'signsFrom'>

/** Operations on the signing keys. Instances that run notice within two seconds. */
export interface KeyRotation {
  /** Every key there ever was, in the order in which they sign. */
  list(): Promise<Standing<SigningKey>[]>
  /**
   * Has another key take over: after everybody had the time to hear of it or, hurried, as soon as the platform's own
   * services have.
   *
   * @throws {KeyWaiting} @throws {WrongMasterKey}
   */
  rotate(options: { readonly hurry: boolean }): Promise<TakeOver>
  /** Does the same when the newest key has signed for its days, whoever of several instances comes first. */
  rotateWhenDue(days: number): Promise<void>
  /**
   * Ends what a key signed.
   *
   * @throws {NoSuchKey} @throws {KeyNeeded} when it is the one that signs, none waits, and none is to be made
   * @throws {WrongMasterKey}
   */
  revoke(kid: string, options: { readonly rotate: boolean }): Promise<void>
}

export function createKeyRotation(
  parts: KeyToMake & { readonly db: Kysely<IdentityDatabase>; readonly audit: Audit },
): KeyRotation {
  const { db, clock, masterKey, audit } = parts
  const by = { kind: 'operator' } as const

  const alone = <T>(work: (tx: Transaction<IdentityDatabase>) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (tx) => {
      await lockKeys(tx)
      return work(tx)
    })

  /** A key sealed under another master key than the rest would be one that no instance can sign with. */
  async function checkMasterKey(tx: Transaction<IdentityDatabase>, { signing }: InUse): Promise<void> {
    if (signing && (await readPrivateKey(tx, signing.kid, masterKey)) === undefined) throw new WrongMasterKey()
  }

  /** The key that waits takes over, or else a new one. */
  async function takeOver(tx: Transaction<IdentityDatabase>, { next }: InUse, lead: number): Promise<TakeOver> {
    const signsFrom = new Date(clock.now().getTime() + lead)
    if (!next) return { kid: await makeKey(tx, { ...parts, signsFrom }), signsFrom }
    if (next.signsFrom <= signsFrom) return next
    await signFrom(tx, next.kid, signsFrom)
    return { kid: next.kid, signsFrom }
  }

  return {
    list: async () => standingsOf(await readKeys(db), clock.now()),

    rotate: ({ hurry }) =>
      alone(async (tx) => {
        const used = inUse(await readKeys(tx), clock.now())
        if (used.next && !hurry) throw new KeyWaiting(used.next)
        await checkMasterKey(tx, used)
        const rotated = await takeOver(tx, used, hurry ? hurriedLeadMs : leadMs)
        await audit.record(tx, { kind: 'keys.rotated', by, details: { kid: rotated.kid, hurry } })
        return rotated
      }),

    rotateWhenDue: (days) =>
      alone(async (tx) => {
        const keys = await readKeys(tx)
        // Another instance may have done it while this one waited for the lock.
        if (!isRotationDue(keys, days, clock.now())) return
        const { kid } = await takeOver(tx, inUse(keys, clock.now()), leadMs)
        await audit.record(tx, { kind: 'keys.rotated', by, details: { kid, afterDays: days } })
      }),

    revoke: (kid, { rotate }) =>
      alone(async (tx) => {
        const now = clock.now()
        const keys = await readKeys(tx)
        const standing = standingsOf(keys, now).find(({ key }) => key.kid === kid)
        if (!standing || !isPublished(standing)) throw new NoSuchKey(kid)
        const used = inUse(keys, now)
        if (standing.state === 'signing') {
          if (!used.next && !rotate) throw new KeyNeeded(kid)
          await checkMasterKey(tx, used)
        }
        await revokeKey(tx, kid, now)
        await audit.record(tx, { kind: 'keys.revoked', by, details: { kid } })
        if (standing.state !== 'signing') return
        const successor = await takeOver(tx, used, 0)
        await audit.record(tx, { kind: 'keys.rotated', by, details: { kid: successor.kid, hurry: true } })
      }),
  }
}

interface InUse {
  readonly signing: SigningKey | undefined
  readonly next: SigningKey | undefined
}

function inUse(keys: readonly SigningKey[], now: Date): InUse {
  const standings = standingsOf(keys, now)
  const keyIn = (state: 'signing' | 'next') => standings.find((standing) => standing.state === state)?.key
  return { signing: keyIn('signing'), next: keyIn('next') }
}
