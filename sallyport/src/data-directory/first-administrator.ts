import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  InvalidEmail,
  InvalidPassword,
  InvalidUsername,
  NameTaken,
  type NewAccount,
} from '@sallyport/identity/accounts'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { InvalidSettings, type Settings } from '../settings/settings.ts'
import { readIfPresent, replaceFile } from './private-file.ts'

const Person = Type.Object({ username: Type.String(), email: Type.String(), password: Type.String() })
type Person = Static<typeof Person>
const adminFile = Compile(Type.Object({ admin: Person }))
const person = Compile(Person)

/** Who administers, as far as this program knows. */
export interface FirstAdministrator {
  readonly username: string
  /** Set when it was made up at this start; shown once. */
  readonly newPassword: string | undefined
  /** Where a made-up password is kept. */
  readonly file: string | undefined
}

/** The one who can say whether there is an administrator, and make one. */
export interface Registry {
  hasAdministrator(): Promise<boolean>
  readonly accounts: { registerAdministrator(person: NewAccount): Promise<unknown> }
}

/**
 * Makes the first administrator at the first start (market §3). A made-up password is kept in a file before the account
 * exists: an end in between loses nothing.
 *
 * @throws {InvalidSettings} when the configured administrator breaks a rule for accounts
 */
export async function ensureFirstAdministrator(settings: Settings, registry: Registry): Promise<FirstAdministrator> {
  const path = join(settings.dataDirectory, 'first-administrator')
  if (await registry.hasAdministrator()) {
    const kept = parsePerson(await readIfPresent(path))
    return { username: kept?.username ?? settings.administrator.username, newPassword: undefined, file: kept && path }
  }
  const configured = await configuredAdministrator(settings)
  const wish = configured ?? madeUp(settings)
  // A password that was kept for an administrator who has been deleted since must not come back.
  if (!configured) await replaceFile(path, JSON.stringify(wish))
  try {
    await registry.accounts.registerAdministrator(wish)
  } catch (error) {
    if (error instanceof InvalidEmail || error instanceof InvalidUsername || error instanceof InvalidPassword) {
      throw new InvalidSettings(`the configured administrator: ${error.message}`, { cause: error })
    }
    if (!(error instanceof NameTaken)) throw error
    throw new InvalidSettings(
      `there is no administrator, and the name ${wish.username} or its e-mail address belongs to somebody else: ` +
        'set SALLYPORT_ADMIN_USERNAME and SALLYPORT_ADMIN_EMAIL',
      { cause: error },
    )
  }
  const { username, password } = wish
  return configured
    ? { username, newPassword: undefined, file: undefined }
    : { username, newPassword: password, file: path }
}

async function configuredAdministrator({ administrator }: Settings): Promise<Person | undefined> {
  const { file, username, email, password } = administrator
  if (file === undefined) return password === undefined ? undefined : { username, email, password }
  let content: unknown
  try {
    content = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new InvalidSettings('SALLYPORT_ADMIN_FILE must name a readable JSON file', { cause: error })
  }
  if (!adminFile.Check(content)) {
    throw new InvalidSettings('SALLYPORT_ADMIN_FILE must hold {"admin": {"username": …, "email": …, "password": …}}')
  }
  return content.admin
}

function madeUp({ administrator: { username, email } }: Settings): Person {
  // 120 random bits; the ending satisfies the rules of composition.
  return { username, email, password: `${randomBytes(15).toString('base64url')}-Aa1!` }
}

function parsePerson(text: string | undefined): Person | undefined {
  if (text === undefined) return undefined
  try {
    const content: unknown = JSON.parse(text)
    return person.Check(content) ? content : undefined
  } catch {
    return undefined
  }
}
