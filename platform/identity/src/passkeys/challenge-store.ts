import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'

type Database = Kysely<IdentityDatabase>

/** What an authenticator is asked for. */
export type ChallengePurpose = 'registration' | 'sign-in' | 'second-factor'

/** What a challenge is for, and the question or the session that its answer has to come from. */
export interface ChallengeUse {
  readonly purpose: ChallengePurpose
  readonly boundTo: string
}

/** Keeps a challenge, in the place of the one before for the same thing. */
export async function keepChallenge(
  db: Database,
  { purpose, boundTo }: ChallengeUse,
  challenge: Uint8Array,
  expiresAt: Date,
): Promise<void> {
  const kept = { challenge: Buffer.from(challenge), expires_at: expiresAt }
  await db
    .insertInto('passkey_challenge')
    .values({ purpose, bound_to: boundTo, ...kept })
    .onConflict((conflict) => conflict.columns(['purpose', 'bound_to']).doUpdateSet(kept))
    .execute()
}

/** Takes a challenge out of use, and says whether it was there: of two who take it at once only one gets it. */
export async function takeChallenge(
  db: Database,
  { purpose, boundTo }: ChallengeUse,
  challenge: Uint8Array,
  now: Date,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('passkey_challenge')
    .where('purpose', '=', purpose)
    .where('bound_to', '=', boundTo)
    .where('challenge', '=', Buffer.from(challenge))
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Forgets challenges that nobody has answered in time, at most `batch` at once; returns how many. */
export async function sweepChallenges(db: Database, now: Date, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('passkey_challenge')
    .where('challenge', 'in', (eb) =>
      eb.selectFrom('passkey_challenge').select('challenge').where('expires_at', '<', now).limit(batch),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
