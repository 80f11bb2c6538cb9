import { Type } from 'typebox'
import { administrator } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { route, type Surface } from '../route.ts'

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })

const account = {
  accountId: Type.String(),
  username: Type.Optional(Type.String({ description: 'the name that the account has now; absent when it is gone' })),
}

/** Something that happened to an account or a role, or was refused. */
export const AuditEvent = Type.Object({
  id: Type.String(),
  at: Time,
  kind: Type.String({ description: 'such as `sign-in.refused`' }),
  actor: Type.Object({
    kind: Type.Union([Type.Literal('account'), Type.Literal('anonymous'), Type.Literal('operator')]),
    accountId: Type.Optional(account.accountId),
    username: account.username,
  }),
  address: Type.Union([Type.String(), Type.Null()], { description: 'where it was done from' }),
  subject: Type.Union([Type.Object(account), Type.Null()], { description: 'whom it happened to' }),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
})

export const pageThroughAuditEvents = route({
  name: 'pageThroughAuditEvents',
  summary: 'What happened to accounts and roles, newest first, in pages',
  method: 'GET',
  path: '/v1/audit/events',
  door: 'admin',
  access: administrator,
  query: pageQuery({
    kind: Type.Optional(Type.String({ maxLength: 50, pattern: '^[a-z0-9.-]+$' })),
    actor: Type.Optional(Uuid),
    subject: Type.Optional(Uuid),
    address: Type.Optional(Type.String({ maxLength: 64, pattern: '^[0-9A-Za-z:.%_-]*$' })),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; from this moment on' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; before this moment' })),
  }),
  replies: { 200: pageOf(AuditEvent) },
})

const notForYou = problem(403, 'Forbidden', { detail: 'only administrators read the audit trail' })

export const auditTrail: Surface = {
  name: 'identity.audit',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { admin: '/v1/audit' },
  forbidden: { admin: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [pageThroughAuditEvents],
}
