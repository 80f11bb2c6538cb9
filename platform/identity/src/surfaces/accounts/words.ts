import { accountsRefusal, type Reply } from '@sallyport/contracts'
import { type AccountId, parseId, type Rejection } from '@sallyport/kernel'
import { Refusal } from '@sallyport/service'
import { type Account, InvalidEmail, InvalidUsername, UnknownAccount, WeakPassword } from '../../accounts/account.ts'
import { registrationPolicies } from '../../accounts/registration-policy.ts'
import { AlreadyAssigned, RoleTaken } from '../../roles/role.ts'

/** A user as the account service shows them (accounts ). */
export function toRecord(account: Account) {
  const { username, email, createdAt, lastLoginAt, emailVerifiedAt, deletedAt } = account
  return {
    username,
    email: email ?? null,
    created: createdAt.toUTCString(),
    last_login: lastLoginAt?.toUTCString() ?? null,
    // On other surfaces an account can be used without.
    validated: emailVerifiedAt !== undefined || !registrationPolicies[account.bornOn].needsProvenEmail,
    deleted: deletedAt !== undefined,
    delete_date: deletedAt?.toUTCString() ?? null,
  }
}

/** An id in a path that has to be one (accounts ). */
export function uuidIn(text: string): string {
  const id = parseId<AccountId>(text.toLowerCase())
  if (id === undefined) throw new Refusal(accountsRefusal(400, 'A public_id is a UUID'))
  return id
}

/** An id in a path that names nobody if it is none. */
export function memberIn(text: string): AccountId {
  const id = parseId<AccountId>(text.toLowerCase())
  if (id === undefined) throw new UnknownAccount()
  return id
}

export const noContent = { status: 204, body: null } as const
export const gateClosed = accountsRefusal(401, 'Your level does not allow this')
export const passwordsDiffer = accountsRefusal(400, 'The passwords are not the same')

export function signUpWords(rejection: Rejection): Reply | undefined {
  const { message } = rejection
  if (rejection instanceof WeakPassword) {
    const { score, guesses, feedback } = rejection.strength
    return accountsRefusal(401, 'This password is too easy to guess', { score, guesses, feedback })
  }
  if (rejection instanceof InvalidEmail || rejection instanceof InvalidUsername)
    return accountsRefusal(400, 'The request is not what this route takes', { error: message })
  if (rejection.reason === 'conflict') return accountsRefusal(409, 'The name cannot be had', { error: message })
  return undefined
}

export function assignmentWords(rejection: Rejection): Reply | undefined {
  const isDuplicate = rejection instanceof RoleTaken || rejection instanceof AlreadyAssigned
  return isDuplicate ? accountsRefusal(400, rejection.message) : undefined
}
