import { Type } from 'typebox'
import { anyone } from '../access.ts'
import { problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'
import { LanguageHeaders } from './language-headers.ts'
import { PageHeaders } from './page-headers.ts'

const Email = Type.String({ minLength: 3, maxLength: 254 })
const SecretParams = Type.Object({ secret: Type.String({ maxLength: 200 }) })
const Password = Type.String({ minLength: 8, maxLength: 200, writeOnly: true })
const Accepted = Type.Object({ detail: Type.String() })

export const requestVerification = route({
  name: 'requestVerification',
  summary: 'Have a link sent that proves an e-mail address; the answer does not tell whether anybody has it',
  method: 'POST',
  path: '/v1/account/verification-requests',
  door: 'public',
  access: anyone,
  headers: LanguageHeaders,
  body: Type.Object({ email: Email }),
  replies: { 202: Accepted },
})

export const requestPasswordReset = route({
  name: 'requestPasswordReset',
  summary: 'Have a link sent that leads to a new password; the answer does not tell whether anybody has the address',
  method: 'POST',
  path: '/v1/account/password-reset-requests',
  door: 'public',
  access: anyone,
  headers: LanguageHeaders,
  body: Type.Object({ email: Email }),
  replies: { 202: Accepted },
})

export const showPasswordReset = route({
  name: 'showPasswordReset',
  summary: 'The page that the link leads to',
  method: 'GET',
  path: '/v1/account/password-resets/:secret',
  door: 'public',
  access: anyone,
  params: SecretParams,
  headers: PageHeaders,
  replies: { 200: Type.String() },
})

export const submitPasswordReset = route({
  name: 'submitPasswordReset',
  summary: 'What the page sends; answered with a page',
  method: 'POST',
  path: '/v1/account/password-resets/:secret',
  door: 'public',
  access: anyone,
  params: SecretParams,
  headers: PageHeaders,
  form: Type.Object({ password: Password }),
  replies: { 200: Type.String() },
})

export const resetPassword = route({
  name: 'resetPassword',
  summary: 'Set a new password with what was in the link; every session of the account ends',
  method: 'POST',
  path: '/v1/account/password-resets',
  door: 'public',
  access: anyone,
  body: Type.Object({ secret: Type.String({ maxLength: 200 }), password: Password }),
  replies: { 204: Type.Null() },
})

export const ownAccount: Surface = {
  name: 'identity.own',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/account' },
  forbidden: {},
  routes: [requestVerification, requestPasswordReset, showPasswordReset, submitPasswordReset, resetPassword],
}
