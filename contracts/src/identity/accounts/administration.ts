import { Type } from 'typebox'
import { route } from '../../route.ts'
import { Message, Password, PasswordEncoding, PublicIdParams, Record, Text, administration, closed } from './schemas.ts'

export const pageThroughUsers = route({
  name: 'pageThroughUsers',
  summary: 'All users, deleted ones included, in pages',
  method: 'GET',
  path: '/authy/users',
  door: 'public',
  access: administration,
  query: Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })) }),
  replies: {
    200: Type.Object({
      users: Type.Array(Type.Object({ public_id: Text, ...Record })),
      total_records: Type.Integer(),
      next_url: Type.Optional(Text),
      prev_url: Type.Optional(Text),
    }),
  },
})

export const readUser = route({
  name: 'readUser',
  summary: 'One user, also a deleted one',
  method: 'GET',
  path: '/authy/user/:public_id',
  door: 'public',
  access: administration,
  params: PublicIdParams,
  replies: { 200: Type.Object(Record) },
})

export const editUser = route({
  name: 'editUser',
  summary: 'Change the password or the e-mail address of a user, who is signed out by it',
  method: 'PUT',
  path: '/authy/user/:public_id',
  door: 'public',
  access: administration,
  params: PublicIdParams,
  body: Type.Object(
    {
      email: Type.Optional(
        Type.String({
          minLength: 5,
          maxLength: 100,
          pattern: '^[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$',
        }),
      ),
      password: Type.Optional(Password),
      confirm_password: Type.Optional(Password),
      password_encoding: PasswordEncoding,
    },
    { ...closed, minProperties: 1 },
  ),
  replies: { 200: Message },
})

export const deleteUser = route({
  name: 'deleteUser',
  summary: 'Delete a user; the names stay reserved',
  method: 'DELETE',
  path: '/authy/user/:public_id',
  door: 'public',
  access: administration,
  params: PublicIdParams,
  replies: { 204: Type.Null() },
})

export const readRolesOfUser = route({
  name: 'readRolesOfUser',
  summary: 'The roles of a user',
  method: 'GET',
  path: '/authy/user/:public_id/role',
  door: 'public',
  access: administration,
  params: PublicIdParams,
  replies: {
    200: Type.Object({
      username: Text,
      public_id: Text,
      roles: Type.Array(Type.Object({ name: Text, level: Type.Integer() })),
    }),
  },
})
