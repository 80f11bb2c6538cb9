import { type AccountId, type Clock, createTurns, Rejection, type Turns } from '@sallyport/kernel'
import { networkOf } from '@sallyport/service'
import type { Kysely, RawBuilder } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { HashingBusy } from '../passwords/password-hashing.ts'
import * as store from './guess-store.ts'
import { clientsPace, codesPace, type Pace, pressure, strangersPace, usualPace } from './pace.ts'

/** Whoever tries passwords has to wait. Nothing was looked at: a right one meets this as well. */
export class TooManyAttempts extends Rejection {
  override name = 'TooManyAttempts'
  readonly code = 'too-many-attempts'
  readonly reason = 'too-many'
  override readonly facts: { readonly retryAfterSeconds: number }
  constructor(retryAfterSeconds: number) {
    super('Too many attempts with wrong passwords')
    this.facts = { retryAfterSeconds }
  }
}

export interface Attempt {
  /** The password was wrong, or there is nobody it could be right for. */
  failed(): Promise<void>
  /** The password was right. */
  succeeded(): Promise<void>
  /** To be called in the end, whatever came of it. */
  done(): void
}

/**
 * Slows down whoever guesses passwords. A client that fails at an account again and again waits longer and longer; at an
 * account where many fail, clients it was never used from wait from the first failure on. The pace is each client's own,
 * so nobody can keep others from signing in by failing in their place; and names that nobody has are paced like others.
 */
export interface Guesses {
  /** Begins an attempt. @throws {TooManyAttempts} @throws {HashingBusy} */
  begin(username: string, address: string): Promise<Attempt>
  /**
   * Begins an attempt at the codes of an account whose password is proven, which counts until it has succeeded. Their pace
   * is the account's, from wherever they come: there are few codes, and nobody who does not know the password is slowed.
   *
   * @throws {TooManyAttempts}
   */
  beginCode(uid: AccountId): Promise<Pick<Attempt, 'succeeded'>>
  /** What a sign-in writes down about where it came from, as part of the statement that opens the session. */
  remember(uid: AccountId, address: string, given: string): RawBuilder<unknown>
  /** Whoever comes from this address has signed in with everything: their own attempts count no more. */
  forget(username: string, address: string): Promise<void>
  /** The owner has proven to be one: what was tried at the account counts no more. */
  forgive(db: Kysely<IdentityDatabase>, username: string): Promise<void>
}

/** So many attempts of one client at one account are judged at once; further ones wait for their turn. */
export const attemptsAtOnce = 8
const waitLimit = 512

export function createAttemptTurns(): Turns {
  return createTurns({ atOnce: attemptsAtOnce, waitLimit, whenFull: () => new HashingBusy() })
}

export function createGuesses({
  db,
  clock,
}: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
}): Guesses {
  const turns = createAttemptTurns()

  /** Counts an attempt where there is something to count. */
  async function admit(keys: store.GuessKeys, username: string, network: string): Promise<Admission> {
    const now = clock.now()
    const { pair, account, client } = await store.readCounts(db, keys, now)
    const isPressed = (account?.attempts ?? 0) >= pressure
    const isBlocked = client !== undefined && client.retryAt > now
    const isStranger = (isPressed || isBlocked) && !(await store.isFamiliar(db, username, network, now))
    if (isStranger && isBlocked) throw tooMany(client.retryAt, now)
    const pace = isStranger ? strangersPace : usualPace
    if (!pair) return { pace, isCounted: false }
    if (pair.retryAt > now || !(await store.countAttempt(db, keys.pair, pace, now))) throw tooMany(pair.retryAt, now)
    return { pace, isCounted: true }
  }

  return {
    async begin(username, address) {
      const network = networkOf(address)
      const keys = store.keysOf(username, network)
      const done = await turns.take(keys.pair.toString('base64'))
      try {
        const { pace, isCounted } = await admit(keys, username, network)
        return {
          done,
          async failed() {
            const now = clock.now()
            const { account: accountKey } = keys
            if (!isCounted) await store.countFailure(db, { key: keys.pair, accountKey }, pace, now)
            await store.countFailure(db, { key: accountKey, accountKey }, undefined, now)
            await store.countFailure(db, { key: keys.client }, clientsPace, now)
          },
          async succeeded() {
            if (isCounted) await store.forgetKey(db, keys.pair)
          },
        }
      } catch (error) {
        done()
        throw error
      }
    },
    async beginCode(uid) {
      const now = clock.now()
      const key = store.keyOfCodes(uid)
      const retryAt = await store.countBefore(db, key, codesPace, now)
      if (retryAt) throw tooMany(retryAt, now)
      return { succeeded: () => store.forgetKey(db, key) }
    },
    remember: (uid, address, given) => store.familiarity(uid, networkOf(address), clock.now(), given),
    forget: (username, address) => store.forgetKey(db, store.keysOf(username, networkOf(address)).pair),
    forgive: (db, username) => store.forgetAccount(db, store.keysOf(username, '').account),
  }
}

interface Admission {
  readonly pace: Pace
  readonly isCounted: boolean
}

/** Nothing may be tried before this. */
export function tooMany(retryAt: Date, now: Date): TooManyAttempts {
  return new TooManyAttempts(Math.max(1, Math.ceil((retryAt.getTime() - now.getTime()) / 1000)))
}
