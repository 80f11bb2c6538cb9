import { accountsRefusal, identity } from '@sallyport/contracts'
import { type HandledRoute, ok, Refusal } from '@sallyport/service'
import { AccountDeleted } from '../../accounts/account.ts'
import { gated } from './gate.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { decodePassword } from './password-encoding.ts'
import { noContent, passwordsDiffer, signUpWords, toRecord, uuidIn } from './words.ts'

/** What administrators may do with the accounts of others. */
export function administrativeRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, settings } = parts
  return [
    gated(parts, identity.pageThroughUsers, async ({ query }) => {
      const { page = 1 } = query
      const { pageSize } = settings
      const found = await accounts.page({ skip: (page - 1) * pageSize, limit: pageSize })
      const url = (number: number): string => `/authy/users?page=${number}`
      const last = Math.max(1, Math.ceil(found.total / pageSize))
      return ok({
        users: found.accounts.map((account) => ({ public_id: account.uid, ...toRecord(account) })),
        total_records: found.total,
        ...(page < last && { next_url: url(page + 1) }),
        ...(page > 1 && { prev_url: url(Math.min(page - 1, last)) }),
      })
    }),

    gated(parts, identity.readUser, async ({ params }) => ok(toRecord(await accounts.inspect(params.public_id)))),

    gated(
      parts,
      identity.editUser,
      async ({ params, body }, { by }) => {
        const { email, password: sent, confirm_password: confirmed } = body
        if (sent !== confirmed) throw new Refusal(passwordsDiffer)
        const encoding = body.password_encoding ?? settings.passwordEncoding
        const password = sent === undefined ? undefined : decodePassword(sent, encoding)
        await accounts.correct(params.public_id, { email, password }, by)
        return ok({ message: 'The user was changed and is signed out everywhere' })
      },
      signUpWords,
    ),

    gated(
      parts,
      identity.deleteUser,
      async ({ params }, { by }) => {
        await accounts.remove(params.public_id, by)
        return noContent
      },
      (rejection) => (rejection instanceof AccountDeleted ? accountsRefusal(410, rejection.message) : undefined),
    ),

    gated(parts, identity.readRolesOfUser, async ({ params }) => {
      const { uid, username, roles } = await accounts.read(uuidIn(params.public_id))
      if (roles.length === 0) throw new Refusal(accountsRefusal(404, 'The user has no roles'))
      return ok({ username, public_id: uid, roles: [...roles] })
    }),
  ]
}
