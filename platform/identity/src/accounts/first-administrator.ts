import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { NameTaken } from './account.ts'
import { hasAdministrator } from './account-store.ts'
import type { Accounts, NewAccount } from './accounts.ts'

/** Who administers from the first start on, when nobody does yet. */
export interface AdministratorWish {
  readonly username: string
  readonly email: string
  /** Absent: a random one is made. */
  readonly password: string | undefined
}

/** The administrator that was made, with the password if it was made up here. */
export interface NewAdministrator extends NewAccount {
  readonly generated: boolean
}

/** Up to this role level an account administers accounts. */
const administratorLevel = 5

/**
 * Makes the first administrator when there is none (market §3). An account of the same name is left alone.
 *
 * @returns the new administrator, or undefined when nothing had to be made
 * @throws {InvalidEmail} @throws {InvalidUsername} @throws {InvalidPassword} when the wish breaks a rule
 */
export async function ensureAdministrator(
  parts: { readonly db: Kysely<IdentityDatabase>; readonly accounts: Accounts; readonly log: Logger },
  wish: AdministratorWish,
): Promise<NewAdministrator | undefined> {
  const { db, accounts, log } = parts
  if (await hasAdministrator(db, administratorLevel)) return undefined
  const { username, email } = wish
  const password = wish.password ?? randomPassword()
  try {
    await accounts.registerAdministrator({ username, email, password })
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
    // Also where another instance was faster.
    log.warn({ username }, 'no administrator was made: the user name or e-mail address belongs to somebody else')
    return undefined
  }
  return { username, email, password, generated: wish.password === undefined }
}

/** 120 random bits; the ending satisfies the rules of composition. */
function randomPassword(): string {
  return `${randomBytes(15).toString('base64url')}-Aa1!`
}
