import { identity } from '@sallyport/contracts'
import { handle, type HandledRoute } from '@sallyport/service'
import type { Accounts } from '../accounts/accounts.ts'
import type { Factors } from '../factors/factors.ts'
import { authorityOf } from './authority.ts'

/** What administrators do with accounts beyond the words of a contract. */
export function administrationRoutes({ accounts, factors }: { accounts: Accounts; factors: Factors }): HandledRoute[] {
  const noContent = { status: 204, body: null } as const
  return [
    handle(identity.suspendAccount, async ({ params, ...request }) => {
      await accounts.suspend(params.uid, await authorityOf(accounts, request))
      return noContent
    }),
    handle(identity.resumeAccount, async ({ params, ...request }) => {
      await accounts.resume(params.uid, await authorityOf(accounts, request))
      return noContent
    }),
    handle(identity.resetFactors, async ({ params, ...request }) => {
      await factors.reset(params.uid, await authorityOf(accounts, request))
      return noContent
    }),
  ]
}
