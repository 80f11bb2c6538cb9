import { identity } from '@sallyport/contracts'
import { type HandledRoute, ok, Refusal } from '@sallyport/service'
import { levelOf } from '../../roles/role.ts'
import { gated } from './gate.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { gateClosed, noContent, toRecord } from './words.ts'

/** What everybody may do with their own account. */
export function ownRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, roles } = parts
  return [
    gated(parts, identity.checkAccess, async ({ params }, { account }) => {
      const level = /^\d{1,9}$/.test(params.level) ? Number(params.level) : Number.NEGATIVE_INFINITY
      if (levelOf(account.roles) > level) throw new Refusal(gateClosed)
      return ok({ public_id: account.uid })
    }),

    gated(parts, identity.readOwnUser, async (_input, { account }) => {
      const { username, email, created, last_login } = toRecord(account)
      return ok({ public_id: account.uid, username, email, created, last_login })
    }),

    gated(parts, identity.deleteOwnUser, async (_input, { account, by }) => {
      const { kind, uid, address } = by
      await accounts.remove(account.uid, { kind, uid, address })
      return noContent
    }),

    gated(parts, identity.readOwnRoles, async (_input, { account }) => {
      const own = new Set(account.roles.map(({ name }) => name))
      return ok({ roles: (await roles.list()).filter(({ name }) => own.has(name)) })
    }),
  ]
}
