import { Type } from 'typebox'
import { anyone } from '../../access.ts'
import { route } from '../../route.ts'
import { LanguageHeaders } from '../language-headers.ts'
import { signUpQuota } from '../quotas.ts'
import { OwnRecord, Password, PasswordEncoding, Role, Text, closed, oneself } from './schemas.ts'

export const signUp = route({
  name: 'signUp',
  summary: 'Open an account; it can sign in once its e-mail address is proven',
  method: 'POST',
  path: '/authy/user',
  door: 'public',
  access: anyone,
  quotas: [signUpQuota],
  headers: LanguageHeaders,
  body: Type.Object(
    {
      email: Type.String({ minLength: 5, maxLength: 100, pattern: '^[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$' }),
      username: Type.String({ minLength: 3, maxLength: 50 }),
      password: Password,
      confirm_password: Password,
      password_encoding: PasswordEncoding,
      passfail: Type.Optional(Type.Integer({ minimum: 0, maximum: 1, description: 'Accepted and ignored' })),
    },
    closed,
  ),
  replies: { 201: Type.Object({ message: Text, public_id: Text, token: Text }) },
})

export const readOwnUser = route({
  name: 'readOwnUser',
  summary: 'Who the caller is',
  method: 'GET',
  path: '/authy/user',
  door: 'public',
  access: oneself,
  replies: { 200: Type.Object({ public_id: Text, ...OwnRecord }) },
})

export const deleteOwnUser = route({
  name: 'deleteOwnUser',
  summary: "Delete the caller's account; its names stay reserved",
  method: 'DELETE',
  path: '/authy/user',
  door: 'public',
  access: oneself,
  replies: { 204: Type.Null() },
})

export const readOwnRoles = route({
  name: 'readOwnRoles',
  summary: 'The roles of the caller',
  method: 'GET',
  path: '/authy/user/role',
  door: 'public',
  access: oneself,
  replies: { 200: Type.Object({ roles: Type.Array(Role) }) },
})
