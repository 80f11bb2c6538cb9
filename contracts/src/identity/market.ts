import { Type } from 'typebox'
import { administrator, anyone, type SignedIn, signedIn } from '../access.ts'
import { market, marketChallenge } from '../dialects/market.ts'
import { SenderHeaders } from './sender-headers.ts'
import { onBothDoors, route, type Surface } from '../route.ts'

const Password = Type.String({ writeOnly: true })
const UidParams = Type.Object({ uid: Type.String() })

/** An account as the market shows it (market §4). */
export const MarketAccount = Type.Object({
  uid: Type.String(),
  /** Accounts of the enrollment system have none. */
  email: Type.Union([Type.String(), Type.Null()]),
  username: Type.String(),
  role: Type.Union([Type.Literal('user'), Type.Literal('admin')]),
})

const Message = Type.Object({ message: Type.String() })
const selfOrAdministrator: SignedIn = { who: 'account', self: { in: 'params', field: 'uid' }, orAdmin: true }

export const registerAccount = route({
  name: 'registerAccount',
  summary: 'Open an account',
  method: 'POST',
  path: '/api/auth/accounts',
  door: 'public',
  access: anyone,
  body: Type.Object({ username: Type.String(), password: Password, email: Type.String() }),
  replies: { 200: MarketAccount },
})

export const listAccounts = route({
  name: 'listAccounts',
  summary: 'All accounts, oldest first',
  method: 'GET',
  path: '/admin/api/auth/accounts',
  door: 'admin',
  access: administrator,
  replies: { 200: Type.Object({ data: Type.Array(MarketAccount) }) },
})

export const issueToken = onBothDoors({
  name: 'issueToken',
  summary: 'Sign in with user name and password (OAuth 2.0 password grant)',
  method: 'POST',
  path: '/auth/token',
  access: anyone,
  headers: SenderHeaders,
  form: Type.Object({
    grant_type: Type.Optional(Type.String({ pattern: '^password$' })),
    username: Type.String(),
    password: Password,
    scope: Type.Optional(Type.String()),
    client_id: Type.Optional(Type.String()),
    client_secret: Type.Optional(Password),
  }),
  replies: {
    200: Type.Object({
      access_token: Type.String(),
      token_type: Type.Literal('bearer'),
      id_token: Type.Optional(Type.String()),
    }),
  },
})

export const logOut = onBothDoors({
  name: 'logOut',
  summary: 'End the session of the presented token',
  method: 'POST',
  path: '/auth/logout',
  access: signedIn,
  replies: { 200: Message },
})

export const userInfo = onBothDoors({
  name: 'userInfo',
  summary: "The caller's account",
  method: 'GET',
  path: '/auth/userinfo',
  access: signedIn,
  replies: { 200: MarketAccount },
})

export const readAccount = onBothDoors({
  name: 'readAccount',
  summary: 'One account',
  method: 'GET',
  path: '/auth/accounts/:uid',
  access: selfOrAdministrator,
  params: UidParams,
  replies: { 200: MarketAccount },
})

export const modifyAccount = onBothDoors({
  name: 'modifyAccount',
  summary: 'Change user name or e-mail address; null and empty fields stay as they are',
  method: 'PUT',
  path: '/auth/accounts/:uid',
  access: selfOrAdministrator,
  params: UidParams,
  body: Type.Object({
    username: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
  replies: { 200: MarketAccount },
})

export const changePassword = onBothDoors({
  name: 'changePassword',
  summary: 'Change the password; every other session of the account ends',
  method: 'POST',
  path: '/auth/accounts/:uid/changePassword',
  access: selfOrAdministrator,
  params: UidParams,
  body: Type.Object({ old_password: Password, new_password: Password }),
  replies: { 200: Message },
})

export const deleteAccount = onBothDoors({
  name: 'deleteAccount',
  summary: 'Delete an account with everything that belongs to it',
  method: 'DELETE',
  path: '/auth/accounts/:uid',
  access: selfOrAdministrator,
  params: UidParams,
  replies: { 200: Message },
})

const permission = marketChallenge(403, 'You do not have the permission for the required action')
const noPermission = { 'wrong-role': permission, 'not-self': permission }

export const accountsOfTheMarket: Surface = {
  name: 'identity.market',
  dialect: market,
  decidedBy: 'service',
  prefixes: { public: '/api/auth', admin: '/admin/api/auth' },
  forbidden: { public: noPermission, admin: noPermission },
  routes: [
    registerAccount,
    listAccounts,
    ...[issueToken, logOut, userInfo, readAccount, modifyAccount, changePassword, deleteAccount].flatMap((both) => [
      both.public,
      both.admin,
    ]),
  ],
}
