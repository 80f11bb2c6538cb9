import { Type } from 'typebox'
import { signedIn } from '../access.ts'
import { problemDetails } from '../dialects/problem-details.ts'
import { name } from '../names.ts'
import { route, type Surface } from '../route.ts'

const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })
const KeyParams = Type.Object({ id: Type.String({ format: 'uuid' }) })

export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  allowed_addresses: Type.Array(Type.String(), { description: 'none means everywhere' }),
  prefixes: Type.Array(Type.String(), { description: 'how what counts begins, the newest first' }),
  created_at: Time,
  expires_at: Time,
  last_used_at: Type.Union([Time, Type.Null()]),
  uses: Type.Integer({ description: 'counted at the doors, known here a few seconds later' }),
})

const WithText = Type.Object({
  ...ApiKey.properties,
  key: Type.String({ description: 'what is sent as X-API-KEY; told this once' }),
})

export const createApiKey = route({
  name: 'createApiKey',
  summary: 'Make a key that programs call with in the name of the caller, for less than everything',
  method: 'POST',
  path: '/v1/account/api-keys',
  door: 'public',
  access: signedIn,
  body: Type.Object({
    name: name({ minLength: 1, maxLength: 100 }),
    scopes: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 20 }),
    allowed_addresses: Type.Optional(
      Type.Array(Type.String({ maxLength: 50, description: 'an address, or a network such as 10.0.0.0/8' }), {
        maxItems: 20,
      }),
    ),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, description: 'how long it counts; 90 by default' })),
  }),
  replies: { 201: WithText },
})

export const listApiKeys = route({
  name: 'listApiKeys',
  summary: 'The keys of the caller, oldest first, and the scopes that a key can have',
  method: 'GET',
  path: '/v1/account/api-keys',
  door: 'public',
  access: signedIn,
  replies: { 200: Type.Object({ keys: Type.Array(ApiKey), scopes: Type.Array(Type.String()) }) },
})

export const rotateApiKey = route({
  name: 'rotateApiKey',
  summary: 'Another text for a key; the one before goes on for a while, a day by default',
  method: 'POST',
  path: '/v1/account/api-keys/:id/rotation',
  door: 'public',
  access: signedIn,
  params: KeyParams,
  body: Type.Object({ overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 * 86_400 })) }),
  replies: { 201: WithText },
})

export const removeApiKey = route({
  name: 'removeApiKey',
  summary: 'End a key: within a second nobody gets in with it',
  method: 'DELETE',
  path: '/v1/account/api-keys/:id',
  door: 'public',
  access: signedIn,
  params: KeyParams,
  replies: { 204: Type.Null() },
})

/** The keys of an account, for its owner. */
export const apiKeysSurface: Surface = {
  name: 'identity.api-keys',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/account/api-keys' },
  forbidden: {},
  routes: [createApiKey, listApiKeys, rotateApiKey, removeApiKey],
}
