import { accountsRefusal, type Route } from '@sallyport/contracts'
import {
  type AccountCaller,
  handle,
  type HandledRoute,
  type HandlerInput,
  Refusal,
  type Words,
} from '@sallyport/service'
import { type Account, UnknownAccount } from '../../accounts/account.ts'
import { levelOf } from '../../roles/role.ts'
import type { Authority } from '../../roles/roles.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { gateClosed } from './words.ts'

/** Somebody who has passed a gate, as they are at this moment. */
interface Passed {
  readonly account: Account
  readonly by: Authority & { readonly kind: 'account' }
}

/**
 * Binds a route behind its gate (accounts A-8): the caller's account is looked up on every request, so that one that was
 * deleted, or has lost its power, is refused at once (accounts A-F3, A-F4).
 */
export function gated<const R extends Route & { readonly access: { readonly who: 'account'; readonly gate?: number } }>(
  { accounts }: Pick<AccountsSurfaceParts, 'accounts'>,
  route: R,
  run: (input: HandlerInput<R>, passed: Passed) => ReturnType<Parameters<typeof handle<R>>[1]>,
  words?: Words,
): HandledRoute {
  return handle<R>(
    route,
    async (input) => {
      const caller: unknown = input.caller
      if (!isAccountCaller(caller)) throw new TypeError(`${route.name} was called by nobody`)
      const account = await accounts.read(caller.accountId).catch((error: unknown) => {
        if (error instanceof UnknownAccount) throw new Refusal(accountsRefusal(401, 'The token is not valid'))
        throw error
      })
      const level = levelOf(account.roles)
      if (account.suspendedAt || level > (route.access.gate ?? 0)) throw new Refusal(gateClosed)
      return run(input, { account, by: { kind: 'account', uid: account.uid, address: input.clientAddress, level } })
    },
    words,
  )
}

function isAccountCaller(caller: unknown): caller is AccountCaller {
  return typeof caller === 'object' && caller !== null && Reflect.get(caller, 'kind') === 'account'
}
