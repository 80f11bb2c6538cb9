import { Type } from 'typebox'
import { administrator, signedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })
const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** A session as the person it belongs to recognises it. */
export const OwnedSession = Type.Object({
  sid: Uuid,
  current: Type.Boolean({ description: 'The one of the token that asks' }),
  device: orNull('What the program said it was, such as `Firefox on Linux`; anything can be said'),
  address: orNull('Where it was opened from'),
  surface: orNull('The way it was opened: `market`, `accounts` or `openid`'),
  client: orNull('The name of the client that it was opened for'),
  opened_at: Time,
  last_used_at: Type.String({ format: 'date-time', description: 'RFC 3339; kept to a few minutes' }),
  expires_at: Time,
})

const Sessions = Type.Object({
  sessions: Type.Array(OwnedSession, { description: 'The last used first, at most 100' }),
})
const Ended = Type.Object({ ended: Type.Integer({ description: 'How many there were' }) })

export const listOwnSessions = route({
  name: 'listOwnSessions',
  summary: "The caller's open sessions",
  method: 'GET',
  path: '/v1/me/sessions',
  door: 'public',
  access: signedIn,
  replies: { 200: Sessions },
})

export const endOwnSession = route({
  name: 'endOwnSession',
  summary: "End one of the caller's sessions",
  method: 'DELETE',
  path: '/v1/me/sessions/:sid',
  door: 'public',
  access: signedIn,
  params: Type.Object({ sid: Uuid }),
  replies: { 204: Type.Null() },
})

export const endOwnSessions = route({
  name: 'endOwnSessions',
  summary: "End the caller's sessions but the one of the token that asks",
  method: 'DELETE',
  path: '/v1/me/sessions',
  door: 'public',
  access: signedIn,
  query: Type.Object({ all: Type.Optional(Type.Boolean({ description: 'That one too' })) }),
  replies: { 200: Ended },
})

export const listSessionsOfAccount = route({
  name: 'listSessionsOfAccount',
  summary: 'The open sessions of an account',
  method: 'GET',
  path: '/v1/accounts/:uid/sessions',
  door: 'admin',
  access: administrator,
  params: Type.Object({ uid: Uuid }),
  replies: { 200: Sessions },
})

export const endSessionOfAccount = route({
  name: 'endSessionOfAccount',
  summary: 'End a session of an account',
  method: 'DELETE',
  path: '/v1/accounts/:uid/sessions/:sid',
  door: 'admin',
  access: administrator,
  params: Type.Object({ uid: Uuid, sid: Uuid }),
  replies: { 204: Type.Null() },
})

export const endSessionsOfAccount = route({
  name: 'endSessionsOfAccount',
  summary: 'End every session of an account, which may sign in again',
  method: 'DELETE',
  path: '/v1/accounts/:uid/sessions',
  door: 'admin',
  access: administrator,
  params: Type.Object({ uid: Uuid }),
  replies: { 200: Ended },
})

const notForYou = problem(403, 'Forbidden', { detail: 'this is somebody else’s' })

/** What people do about their own sessions, with any token of theirs. */
export const ownSessions: Surface = {
  name: 'identity.own-sessions',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/me' },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [listOwnSessions, endOwnSession, endOwnSessions],
}
