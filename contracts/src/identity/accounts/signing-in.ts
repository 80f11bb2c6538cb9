import { Type } from 'typebox'
import { anyone } from '../../access.ts'
import { route } from '../../route.ts'
import { Message, Password, PasswordEncoding, PublicId, Text, closed, oneself } from './schemas.ts'
import { logInQuota, validationQuota } from '../quotas.ts'
import { SenderHeaders } from '../sender-headers.ts'
import { PageHeaders } from '../page-headers.ts'

export const logIn = route({
  name: 'logIn',
  summary: 'Sign in for four hours',
  method: 'POST',
  path: '/authy/login',
  door: 'public',
  access: anyone,
  quotas: [logInQuota],
  headers: SenderHeaders,
  body: Type.Object(
    {
      username: Type.String({ minLength: 3, maxLength: 50 }),
      password: Password,
      password_encoding: PasswordEncoding,
    },
    closed,
  ),
  replies: { 200: Type.Object({ token: Text }) },
})

export const checkAccess = route({
  name: 'checkAccess',
  summary: "Whether the caller's level is this one or a stronger one",
  method: 'GET',
  path: '/authy/checkaccess/:level',
  door: 'public',
  access: oneself,
  params: Type.Object({ level: Type.String() }),
  replies: { 200: PublicId },
})

export const validateEmail = route({
  name: 'validateEmail',
  summary: 'Prove an e-mail address with the string that was sent to it; a browser is shown a page to confirm first',
  method: 'GET',
  path: '/authy/validate/:validation_string',
  door: 'public',
  access: anyone,
  quotas: [validationQuota],
  anyMediaType: true,
  params: Type.Object({ validation_string: Type.String() }),
  headers: PageHeaders,
  replies: { 200: Message },
})

export const confirmEmail = route({
  name: 'confirmEmail',
  summary: 'The same, from the page; a browser is answered with a page',
  method: 'POST',
  path: '/authy/validate/:validation_string',
  door: 'public',
  access: anyone,
  quotas: [validationQuota],
  anyMediaType: true,
  params: Type.Object({ validation_string: Type.String() }),
  headers: PageHeaders,
  replies: { 200: Message },
})
