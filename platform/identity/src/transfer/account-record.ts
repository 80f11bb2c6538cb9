import { type AccountId, parseId } from '@sallyport/kernel'
import { type Birthplace, InvalidEmail, InvalidPassword, InvalidUsername } from '../accounts/account.ts'
import { canEnroll, platformFloor, registrationPolicies } from '../accounts/registration-policy.ts'
import { parseStoredHash } from '../passwords/stored-hash.ts'
import { checkName, RegistrationRefused } from '../pictures/registration.ts'
import { enrollmentRolesOf } from '../roles/enrollment-roles.ts'
import { readMoment, readState } from './moments.ts'
import { type Fields, type RecordField, recordFields, UnfitRecord } from './record-fields.ts'

/** An account that comes from elsewhere. */
export interface AccountRecord {
  /** The one it had there. */
  readonly uid: AccountId | undefined
  readonly username: string
  readonly email: string | undefined
  readonly secret: { readonly hash: string } | { readonly password: string }
  readonly roles: readonly string[]
  readonly bornOn: Birthplace
  /** What the pictures service calls somebody who is registered there. */
  readonly names: { readonly first: string; readonly last: string } | undefined
  readonly createdAt: Date
  readonly lastLoginAt: Date | undefined
  readonly emailVerifiedAt: Date | undefined
  readonly suspendedAt: Date | undefined
  readonly deletedAt: Date | undefined
  /** Was sent to the address, and still proves it. */
  readonly validationString: string | undefined
}

/** What a record is held against. */
export interface RecordRules {
  /** The names of the roles that there are. */
  readonly roles: ReadonlySet<string>
  /** Takes passwords that nobody could choose here. */
  readonly anyPassword: boolean
  readonly now: Date
}

/** Longer ones are wrong at every sign-in (passwords/password-hashing.ts). */
const mostPasswordBytes = 4096
const mostHashLength = 512
const birthplaces = Object.keys(registrationPolicies)

/** Reads what a line of a file says about an account. @throws {UnfitRecord} */
export function readRecord(content: unknown, rules: RecordRules): AccountRecord {
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UnfitRecord(undefined, 'must be an object')
  // What is null says nothing, as in an export of a database.
  const fields: Fields = new Map(Object.entries(content).filter(([, value]) => value !== null))
  const known: readonly string[] = recordFields
  const unknown = Object.keys(content).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UnfitRecord(printable(unknown), 'there is no such field')

  const { now } = rules
  const bornOn = readBirthplace(fields)
  const { username, email } = readNames(fields, bornOn)
  const deletedAt = readState(fields, { flag: 'deleted', moment: 'delete_date' }, now)
  if (deletedAt && !registrationPolicies[bornOn].keepsNames)
    throw new UnfitRecord(fields.has('deleted') ? 'deleted' : 'delete_date', `${bornOn} does not keep deleted accounts`)
  return {
    uid: readUid(fields),
    username,
    email,
    secret: readSecret(fields, rules.anyPassword),
    roles: readRoles(fields, rules.roles, username),
    bornOn,
    names: readPicturesNames(fields),
    createdAt: readMoment(fields, 'created', now) ?? now,
    lastLoginAt: readMoment(fields, 'last_login', now),
    emailVerifiedAt: readState(fields, { flag: 'validated', moment: 'email_verified' }, now),
    suspendedAt: readState(fields, { flag: 'suspended', moment: undefined }, now),
    deletedAt,
    validationString: readValidationString(fields),
  }
}

function readText(fields: Fields, name: RecordField): string | undefined {
  const value = fields.get(name)
  if (value !== undefined && typeof value !== 'string') throw new UnfitRecord(name, 'must be a text')
  return value
}

function readBirthplace(fields: Fields): Birthplace {
  const text = readText(fields, 'born_on') ?? 'accounts'
  if (!isBirthplace(text)) throw new UnfitRecord('born_on', `must be one of ${birthplaces.join(', ')}`)
  return text
}

function isBirthplace(text: string): text is Birthplace {
  return birthplaces.includes(text)
}

function readNames(fields: Fields, bornOn: Birthplace): { username: string; email: string | undefined } {
  const username = readText(fields, 'username')
  if (username === undefined) throw new UnfitRecord('username', 'is needed')
  const email = readText(fields, 'email')
  const policy = registrationPolicies[bornOn]
  if (email === undefined && policy.needsEmail) throw new UnfitRecord('email', 'is needed')
  try {
    policy.checkUsername(username)
    if (email !== undefined) policy.checkEmail(email)
  } catch (error) {
    if (error instanceof InvalidUsername) throw new UnfitRecord('username', error.message)
    if (error instanceof InvalidEmail) throw new UnfitRecord('email', error.message)
    throw error
  }
  return { username: policy.spell(username), email }
}

/** Both or neither: without them somebody is not registered at the pictures service. */
function readPicturesNames(fields: Fields): AccountRecord['names'] {
  const [first, last] = [readName(fields, 'first_name'), readName(fields, 'last_name')]
  if (first === undefined && last === undefined) return undefined
  if (first === undefined) throw new UnfitRecord('first_name', 'is needed beside last_name')
  if (last === undefined) throw new UnfitRecord('last_name', 'is needed beside first_name')
  return { first, last }
}

function readName(fields: Fields, field: 'first_name' | 'last_name'): string | undefined {
  const name = readText(fields, field)
  try {
    if (name !== undefined) checkName(name)
  } catch (error) {
    if (error instanceof RegistrationRefused) throw new UnfitRecord(field, 'must have 1 to 100 characters')
    throw error
  }
  return name
}

const version4 = /^.{14}4.{4}[89ab]/

function readUid(fields: Fields): AccountId | undefined {
  const text = readText(fields, 'uid')
  if (text === undefined) return undefined
  const uid = parseId<AccountId>(text.toLowerCase())
  if (uid === undefined || !version4.test(uid)) throw new UnfitRecord('uid', 'must be a UUID version 4')
  return uid
}

function readSecret(fields: Fields, anyPassword: boolean): AccountRecord['secret'] {
  const hash = readText(fields, 'password_hash')
  const password = readText(fields, 'password')
  if (hash !== undefined && password !== undefined)
    throw new UnfitRecord('password', 'must not be there beside password_hash')
  if (hash !== undefined) {
    if (hash.length > mostHashLength || parseStoredHash(hash) === undefined)
      throw new UnfitRecord('password_hash', 'is damaged, or of a kind that cannot be verified here')
    return { hash }
  }
  if (password === undefined) throw new UnfitRecord('password_hash', 'is needed, or password')
  if (password === '' || Buffer.byteLength(password) > mostPasswordBytes)
    throw new UnfitRecord('password', `must have 1 to ${mostPasswordBytes} bytes`)
  if (anyPassword) return { password }
  try {
    platformFloor.checkPassword(password)
  } catch (error) {
    if (error instanceof InvalidPassword)
      throw new UnfitRecord('password', `${error.message} (--any-password takes it)`)
    throw error
  }
  return { password }
}

function readRoles(fields: Fields, known: ReadonlySet<string>, username: string): readonly string[] {
  const roles: unknown = fields.get('roles') ?? ['user']
  if (!isListOfTexts(roles)) throw new UnfitRecord('roles', 'must be a list of names')
  if (!roles.every((role) => known.has(role))) throw new UnfitRecord('roles', 'names a role that there is not')
  const isKnownByName = enrollmentRolesOf(roles.map((name) => ({ name }))).length > 0
  if (isKnownByName && !canEnroll(username))
    throw new UnfitRecord('roles', 'names one that nobody with this user name can have')
  return [...new Set(roles)]
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function readValidationString(fields: Fields): string | undefined {
  const text = readText(fields, 'validation_string')
  if (text !== undefined && !/^[A-Za-z0-9_.~-]{8,200}$/.test(text))
    throw new UnfitRecord('validation_string', 'must have 8 to 200 letters, digits, -, _, . or ~')
  return text
}

/** The name of a field as it may be shown on a terminal. */
function printable(name: string): string {
  return name.replaceAll(/[\p{C}]/gu, '?').slice(0, 50)
}
