import { Type } from 'typebox'
import { name } from '../../names.ts'
import { route } from '../../route.ts'
import { AssignmentParams, Message, Role, RoleParams, Text, administration, closed } from './schemas.ts'

export const listRoles = route({
  name: 'listRoles',
  summary: 'All roles, the strongest first',
  method: 'GET',
  path: '/authy/role',
  door: 'public',
  access: administration,
  replies: { 200: Type.Object({ roles: Type.Array(Role) }) },
})

export const createRole = route({
  name: 'createRole',
  summary: "Make a role, no stronger than the caller's own",
  method: 'POST',
  path: '/authy/role',
  door: 'public',
  access: administration,
  body: Type.Object(
    {
      level: Type.Integer({ minimum: -32_768, maximum: 32_767 }),
      name: name({ minLength: 3, maxLength: 50 }),
      description: name({ minLength: 5, maxLength: 100 }),
    },
    closed,
  ),
  replies: { 201: Message },
})

export const readRole = route({
  name: 'readRole',
  summary: 'One role',
  method: 'GET',
  path: '/authy/role/:name',
  door: 'public',
  access: administration,
  params: RoleParams,
  replies: { 200: Type.Object({ role: Role }) },
})

export const readMembersOfRole = route({
  name: 'readMembersOfRole',
  summary: 'One role and who has it',
  method: 'GET',
  path: '/authy/role/:name/users',
  door: 'public',
  access: administration,
  params: RoleParams,
  replies: {
    200: Type.Object({ role: Role, users: Type.Array(Type.Object({ name: Text, public_id: Text })) }),
  },
})

export const assignRole = route({
  name: 'assignRole',
  summary: "Give somebody a role, no stronger than the caller's own",
  method: 'POST',
  path: '/authy/role/:name/users/:public_id',
  door: 'public',
  access: administration,
  params: AssignmentParams,
  replies: { 200: Message },
})

export const withdrawRole = route({
  name: 'withdrawRole',
  summary: 'Take a role from somebody',
  method: 'DELETE',
  path: '/authy/role/:name/users/:public_id',
  door: 'public',
  access: administration,
  params: AssignmentParams,
  replies: { 200: Message },
})
