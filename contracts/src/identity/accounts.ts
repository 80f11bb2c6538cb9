import { Type } from 'typebox'
import { anyone, type SignedIn } from '../access.ts'
import { accountsDialect, accountsRefusal } from '../dialects/accounts.ts'
import { PageHeaders } from './page-headers.ts'
import { route, type Surface } from '../route.ts'

/** Self-service, and administration (accounts A-9). */
const oneself: SignedIn = { who: 'account', gate: 10 }
const administration: SignedIn = { who: 'account', gate: 5 }

const closed = { additionalProperties: false }
const Password = Type.String({ minLength: 8, maxLength: 200, writeOnly: true })
const PasswordEncoding = Type.Optional(
  Type.Union([Type.Literal('plain'), Type.Literal('base64')], {
    description: 'How the passwords of this request are written; plain unless told otherwise or configured',
  }),
)
/** `Tue, 11 Jun 2019 10:03:09 GMT` (accounts A-10). */
const Timestamp = Type.Union([Type.String(), Type.Null()])
const Message = Type.Object({ message: Type.String() })
const PublicId = Type.Object({ public_id: Type.String() })
const Text = Type.String()

const OwnRecord = { username: Text, email: Text, created: Timestamp, last_login: Timestamp }
const Record = {
  ...OwnRecord,
  validated: Type.Boolean(),
  deleted: Type.Boolean(),
  delete_date: Timestamp,
}
const Role = Type.Object({ name: Text, level: Type.Integer(), description: Text })

const PublicIdParams = Type.Object({ public_id: Type.String() })
const RoleParams = Type.Object({ name: Type.String() })
const AssignmentParams = Type.Object({ name: Type.String(), public_id: Type.String() })

export const listEndpoints = route({
  name: 'listEndpoints',
  summary: 'What there is',
  method: 'GET',
  path: '/authy',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ endpoints: Type.Array(Type.Object({ url: Text, methods: Type.Array(Text) })) }) },
})

export const readStatus = route({
  name: 'readStatus',
  summary: 'That the account service works, and its version',
  method: 'GET',
  path: '/authy/status',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ message: Text, version: Type.Union([Text, Type.Null()]) }) },
})

export const probeLimiter = route({
  name: 'probeLimiter',
  summary: 'Always too many requests: a probe of the limiter',
  method: 'GET',
  path: '/authy/ratelimited',
  door: 'public',
  access: anyone,
  replies: {},
})

export const logIn = route({
  name: 'logIn',
  summary: 'Sign in for four hours',
  method: 'POST',
  path: '/authy/login',
  door: 'public',
  access: anyone,
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
  anyMediaType: true,
  params: Type.Object({ validation_string: Type.String() }),
  headers: PageHeaders,
  replies: { 200: Message },
})

export const signUp = route({
  name: 'signUp',
  summary: 'Open an account; it can sign in once its e-mail address is proven',
  method: 'POST',
  path: '/authy/user',
  door: 'public',
  access: anyone,
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

export const findUsername = route({
  name: 'findUsername',
  summary: 'The name that belongs to an id',
  method: 'GET',
  path: '/authy/username/:public_id',
  door: 'public',
  access: anyone,
  params: PublicIdParams,
  replies: { 200: Type.Object({ username: Text }) },
})

export const findPublicId = route({
  name: 'findPublicId',
  summary: 'The id that belongs to a name',
  method: 'GET',
  path: '/authy/fetch/:username',
  door: 'public',
  access: anyone,
  params: Type.Object({ username: Type.String() }),
  replies: { 200: PublicId },
})

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
      name: Type.String({ minLength: 3, maxLength: 50 }),
      description: Type.String({ minLength: 5, maxLength: 100 }),
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

const gateClosed = accountsRefusal(401, 'Your level does not allow this')
const forbidden = { 'wrong-role': gateClosed, 'not-self': gateClosed }

/** The account service (accounts §3). Administrative routes are on the public door, as its clients know them. */
export const accounts: Surface = {
  name: 'identity.accounts',
  dialect: accountsDialect,
  decidedBy: 'service',
  credential: 'x-access-token',
  onlyJson: true,
  prefixes: { public: '/authy' },
  forbidden: { public: forbidden },
  routes: [
    listEndpoints,
    readStatus,
    probeLimiter,
    logIn,
    checkAccess,
    validateEmail,
    confirmEmail,
    signUp,
    readOwnUser,
    deleteOwnUser,
    readOwnRoles,
    pageThroughUsers,
    readUser,
    editUser,
    deleteUser,
    readRolesOfUser,
    findUsername,
    findPublicId,
    listRoles,
    createRole,
    readRole,
    readMembersOfRole,
    assignRole,
    withdrawRole,
  ],
}
