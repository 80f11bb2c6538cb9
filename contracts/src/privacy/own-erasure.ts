import { Type } from 'typebox'
import { anyone, signedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'
import { Erased } from './erasure.ts'

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })

export const ErasureStep = Type.Object({
  step: Type.Union([
    Type.Literal('wallet'),
    Type.Literal('gacha'),
    Type.Literal('auction'),
    Type.Literal('enrollment'),
    Type.Literal('pictures'),
    Type.Literal('identity'),
  ]),
  state: Type.Union([Type.Literal('pending'), Type.Literal('done')]),
  done_at: Type.Union([Time, Type.Null()]),
})

/** Says that something was erased and when, and nothing of whom. It can be verified against the audit trail. */
export const ErasureReceipt = Type.Object({
  version: Type.Literal('sallyport erasure receipt 1'),
  id: Uuid,
  scope: Type.Union([Type.Literal('everything'), Type.Literal('pictures')]),
  started_at: Time,
  finished_at: Time,
  // What was removed and what has become anonymous, by service.
  services: Type.Record(Type.String(), Erased),
  audit_head: Type.String({ description: 'the head of the audit trail when it was finished, as SEQUENCE:MAC' }),
  seal: Type.String({ description: 'HMAC-SHA256 of all this under a key of the installation, in hexadecimal digits' }),
})

const Erasure = Type.Object({
  id: Uuid,
  scope: Type.Union([Type.Literal('everything'), Type.Literal('pictures')]),
  state: Type.Union([Type.Literal('under-way'), Type.Literal('done')]),
  started_at: Time,
  steps: Type.Array(ErasureStep),
  receipt: Type.Union([ErasureReceipt, Type.Null()], { description: 'once all of it is done' }),
})

const Begun = Type.Object({
  id: Uuid,
  receipt_token: Type.String({ description: 'opens the erasure and its receipt; told this once' }),
  location: Type.String({ description: 'where it can be followed' }),
})

export const eraseMe = route({
  name: 'eraseMe',
  summary:
    'Erase the caller, whatever service holds something of them; it cannot be undone. Who did not sign in within the last five minutes says their password, and a code where there is a second factor',
  method: 'POST',
  path: '/v1/me/erasure',
  door: 'public',
  access: signedIn,
  body: Type.Object({
    password: Type.Optional(Type.String({ maxLength: 1024, writeOnly: true })),
    code: Type.Optional(
      Type.String({ maxLength: 40, writeOnly: true, description: 'of an authenticator app, or a recovery code' }),
    ),
    keep_uploads: Type.Optional(
      Type.Boolean({ description: 'leave the pictures in the pool that they uploaded, as nobody’s' }),
    ),
  }),
  replies: { 202: Begun },
})

export const erasePicturesOfMe = route({
  name: 'erasePicturesOfMe',
  summary:
    'Erase what the pictures service holds of the caller, who keeps the account; only for who signed in within the last five minutes',
  method: 'DELETE',
  path: '/v1/me/pictures',
  door: 'public',
  access: signedIn,
  replies: { 202: Begun },
})

export const readErasure = route({
  name: 'readErasure',
  summary: 'How far an erasure is, and its receipt, for whoever has the token',
  method: 'GET',
  path: '/v1/erasures/:erasureId',
  door: 'public',
  access: anyone,
  params: Type.Object({ erasureId: Uuid }),
  // In the query for browsers, which send no header of their own.
  query: Type.Object({ receipt_token: Type.Optional(Type.String({ maxLength: 100 })) }),
  headers: Type.Object({ 'receipt-token': Type.Optional(Type.String({ maxLength: 100 })) }),
  replies: { 200: Erasure },
})

const notForYou = problem(403, 'Forbidden', { detail: 'this is somebody else’s' })
const surface = (name: string, path: string, routes: Surface['routes']): Surface => ({
  name: `identity.${name}`,
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: path },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes,
})

/** What people do about everything that is held of them. */
export const ownErasure = surface('own-erasure', '/v1/me/erasure', [eraseMe])
export const ownPicturesErasure = surface('own-pictures-erasure', '/v1/me/pictures', [erasePicturesOfMe])
export const followedErasures = surface('erasures', '/v1/erasures', [readErasure])
