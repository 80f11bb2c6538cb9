import { enrollmentRefusal, identity, type Reply } from '@sallyport/contracts'
import type { Replicas } from '@sallyport/database'
import { type AccountId, parseId, type Rejection } from '@sallyport/kernel'
import { type AccountCaller, created, handle, type HandledRoute, ok, Refusal } from '@sallyport/service'
import { type Account, NameTaken } from '../accounts/account.ts'
import { findAccount } from '../accounts/account-store.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Actor } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Logins } from '../logins/logins.ts'
import { enrollmentRoles } from '../roles/enrollment-roles.ts'
import { administratorLevel, levelOf } from '../roles/role.ts'

type Copies = Pick<Replicas<IdentityDatabase>, 'read'>

/** The users service of the enrollment system, in its words (enrollment §3, §4). */
export function enrollmentUserRoutes({
  accounts,
  copies,
  logins,
}: {
  readonly accounts: Accounts
  readonly copies: Copies
  readonly logins: Logins
}): HandledRoute[] {
  return [
    handle(
      identity.registerUser,
      async ({ body, caller, clientAddress: address }) => {
        const wanted = enrollmentRoles.filter(({ name }) => body.roles.includes(name))
        const isOpenToAnybody = wanted.every(({ name }) => name === 'student')
        if (!isOpenToAnybody && !(await isAdministrator(copies, caller))) throw new Refusal(notForYou)
        const by: Actor = caller ? { kind: 'account', uid: caller.accountId, address } : { kind: 'anonymous', address }
        const { password } = body
        const { username } = await accounts.register(
          { username: body.username, password, roles: wanted },
          'enrollment',
          by,
        )
        return created({ username, roles: [...new Set(body.roles)] }, { location: `/api/users/${username}` })
      },
      registrationWords,
    ),

    handle(identity.logInUser, async ({ body, headers, clientAddress: address }) => {
      const { tokens, copy } = await logins.logIn({ ...body, address, userAgent: headers['user-agent'] })
      const replica = { 'x-replica': copy }
      if (!tokens) throw new Refusal(refusedLogin(replica))
      return ok({ ...tokens }, replica)
    }),
  ]
}

const notForYou = enrollmentRefusal(403, 'forbidden', 'only administrators make instructors and registrars')

function refusedLogin(headers: Readonly<Record<string, string>>): Reply {
  const challenge = { 'www-authenticate': 'Bearer' }
  return enrollmentRefusal(401, 'invalid_credentials', 'wrong user name or password', { ...challenge, ...headers })
}

function registrationWords(rejection: Rejection): Reply | undefined {
  return rejection instanceof NameTaken
    ? enrollmentRefusal(409, 'username_taken', 'this user name is taken')
    : undefined
}

/** Whether the caller administers at this moment, whatever the token says; also while the database takes no writes. */
async function isAdministrator(copies: Copies, caller: AccountCaller | undefined): Promise<boolean> {
  const uid = caller && parseId<AccountId>(caller.accountId)
  if (!uid) return false
  const { value } = await copies.read({
    look: (db) => findAccount(db, uid),
    judge: async (account) => ({
      value: account !== undefined && mayAdminister(account),
      final: 'with-every-commit',
    }),
  })
  return value
}

function mayAdminister({ roles, suspendedAt, deletedAt }: Account): boolean {
  return !suspendedAt && !deletedAt && levelOf(roles) <= administratorLevel
}
