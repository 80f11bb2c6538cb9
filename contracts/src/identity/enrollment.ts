import { Type } from 'typebox'
import { anyone, visitor } from '../access.ts'
import { enrollmentDialect } from '../dialects/enrollment.ts'
import { route, type Surface } from '../route.ts'
import { SenderHeaders } from './sender-headers.ts'

const closed = { additionalProperties: false }
const EnrollmentRole = Type.Enum(['student', 'instructor', 'registrar'])
const Password = Type.String({ writeOnly: true, description: '8 to 1024 characters, none of the 1000 most common' })

export const registerUser = route({
  name: 'registerUser',
  summary: 'Register a user; any other role than that of a student needs the token of an administrator',
  method: 'POST',
  path: '/api/users',
  door: 'public',
  access: visitor,
  body: Type.Object(
    {
      username: Type.String({ description: '3 to 64 of A–Z a–z 0–9 . _ + -, kept in lower case' }),
      password: Password,
      roles: Type.Array(EnrollmentRole, { minItems: 1, maxItems: 100, description: 'Duplicates are merged' }),
    },
    closed,
  ),
  replies: { 201: Type.Object({ username: Type.String(), roles: Type.Array(EnrollmentRole) }) },
})

/** What a token says (enrollment E-24, E-25). Times are UNIX seconds. */
const commonClaims = {
  aud: Type.String(),
  iss: Type.String(),
  /** The `uid` of the account. */
  sub: Type.String(),
  username: Type.String(),
  jti: Type.String(),
  sid: Type.String(),
  iat: Type.Integer(),
  exp: Type.Integer(),
}

export const logInUser = route({
  name: 'logInUser',
  summary: 'Sign in for twenty minutes, at the enrollment system alone',
  method: 'POST',
  path: '/api/login',
  door: 'public',
  access: anyone,
  headers: SenderHeaders,
  body: Type.Object({ username: Type.String(), password: Password }, closed),
  signs: { members: ['access_token', 'refresh_token'] },
  replies: {
    200: Type.Object({
      access_token: Type.Object({ ...commonClaims, roles: Type.Array(EnrollmentRole) }),
      refresh_token: Type.Object(commonClaims),
      exp: Type.Integer(),
    }),
  },
})

/** A path of the enrollment system's users service. */
const surface = (name: string, path: string, routes: Surface['routes']): Surface => ({
  name: `identity.enrollment-${name}`,
  dialect: enrollmentDialect,
  decidedBy: 'service',
  bodyLimitBytes: 64 * 1024,
  everyBodyIsJson: true,
  prefixes: { public: path },
  forbidden: {},
  routes,
})

/** The users service of the enrollment system (enrollment §3, §4). */
export const enrollmentUsers = surface('users', '/api/users', [registerUser])
export const enrollmentLogin = surface('login', '/api/login', [logInUser])
