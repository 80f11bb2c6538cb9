import { identity, marketChallenge, type Reply, type ReplyOf } from '@sallyport/contracts'
import type { Rejection } from '@sallyport/kernel'
import { type AccountCaller, handle, type HandledRoute, type HandlerInput, ok } from '@sallyport/service'
import { type Account, roleOf, UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { actorOf, authorityOf, sessionOf } from './authority.ts'

/** Accounts and sign-in in the words of the gacha market (market §3, §4). */
export function marketRoutes({ accounts, sessions }: { accounts: Accounts; sessions: Sessions }): HandledRoute[] {
  const token = async ({ body, headers, clientAddress }: HandlerInput<typeof identity.issueToken.public>) => {
    const { accessToken, idToken } = await sessions.signIn({
      username: body.username,
      password: body.password,
      on: 'market',
      address: clientAddress,
      userAgent: headers['user-agent'],
      scopes: (body.scope ?? '').split(' '),
      clientId: body.client_id,
    })
    return ok({ access_token: accessToken, token_type: 'bearer', ...(idToken && { id_token: idToken }) })
  }
  const logOut = async ({ caller, clientAddress }: { caller: AccountCaller; clientAddress: string }) => {
    await sessions.signOut(sessionOf(caller), actorOf({ caller, clientAddress }))
    const message = `Logout successful. The access token of user ${caller.username} has been invalidated.`
    return ok({ message })
  }
  const userInfo = async ({ caller }: { caller: AccountCaller }) => ok(toMarket(await accounts.read(caller.accountId)))
  const read = async ({ params }: WithUid) => ok(toMarket(await accounts.read(params.uid)))
  const modify = async ({ params, body, ...request }: HandlerInput<typeof identity.modifyAccount.public>) => {
    // Null and empty fields stay as they are.
    const names = { ...(body.username && { username: body.username }), ...(body.email && { email: body.email }) }
    return ok(toMarket(await accounts.rename(params.uid, names, await authorityOf(accounts, request))))
  }
  const changePassword = async ({ params, body, ...request }: HandlerInput<typeof identity.changePassword.public>) => {
    const { old_password: oldPassword, new_password: newPassword } = body
    const change = { uid: params.uid, oldPassword, newPassword, session: sessionOf(request.caller) }
    await accounts.changePassword(change, actorOf(request))
    return ok({ message: 'Password successfully updated' })
  }
  const remove = async ({ params, ...request }: HandlerInput<typeof identity.deleteAccount.public>) => {
    await accounts.remove(params.uid, await authorityOf(accounts, request))
    return ok({ message: `Account ${params.uid} successfully deleted` })
  }

  return [
    handle(identity.registerAccount, async ({ body, clientAddress: address }) =>
      ok(toMarket(await accounts.register(body, 'market', { kind: 'anonymous', address }))),
    ),
    handle(identity.listAccounts, async () => ok({ data: (await accounts.list()).map(toMarket) })),
    handle(identity.issueToken.public, token, wrongLogin),
    handle(identity.issueToken.admin, token, wrongLogin),
    handle(identity.logOut.public, logOut),
    handle(identity.logOut.admin, logOut),
    handle(identity.userInfo.public, userInfo, unknownCaller),
    handle(identity.userInfo.admin, userInfo, unknownCaller),
    handle(identity.readAccount.public, read),
    handle(identity.readAccount.admin, read),
    handle(identity.modifyAccount.public, modify),
    handle(identity.modifyAccount.admin, modify),
    handle(identity.changePassword.public, changePassword, wrongOldPassword),
    handle(identity.changePassword.admin, changePassword, wrongOldPassword),
    handle(identity.deleteAccount.public, remove),
    handle(identity.deleteAccount.admin, remove),
  ]
}

interface WithUid {
  readonly params: { readonly uid: string }
}

type MarketAccount = ReplyOf<typeof identity.registerAccount>['body']

function toMarket(account: Account): MarketAccount {
  const { uid, email, username } = account
  return { uid, email: email ?? null, username, role: roleOf(account) }
}

function wrongLogin(rejection: Rejection): Reply | undefined {
  return rejection instanceof WrongCredentials ? marketChallenge(401, rejection.message) : undefined
}

function unknownCaller(rejection: Rejection): Reply | undefined {
  return rejection instanceof UnknownAccount ? marketChallenge(404, rejection.message) : undefined
}

function wrongOldPassword(rejection: Rejection): Reply | undefined {
  return rejection instanceof WrongCredentials ? marketChallenge(403, 'Invalid uid_account or password') : undefined
}
