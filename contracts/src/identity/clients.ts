import { Type } from 'typebox'
import { administrator } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { name } from '../names.ts'
import { route, type Surface } from '../route.ts'

const ClientId = Type.String({ minLength: 1, maxLength: 100 })
const ClientParams = Type.Object({ clientId: ClientId })
const Address = name({ minLength: 1, maxLength: 2000 })

export const NewClient = Type.Object({
  name: name({ minLength: 1, maxLength: 100 }),
  first_party: Type.Optional(Type.Boolean({ description: 'Ours: nobody is asked whether they trust it' })),
  confidential: Type.Optional(
    Type.Boolean({ description: 'It can keep a secret, and gets one; true unless told otherwise' }),
  ),
  redirect_uris: Type.Optional(Type.Array(Address, { maxItems: 20 })),
  post_logout_redirect_uris: Type.Optional(Type.Array(Address, { maxItems: 20 })),
  backchannel_logout_uri: Type.Optional(Address),
})

export const Client = Type.Object({
  client_id: ClientId,
  name: Type.String(),
  first_party: Type.Boolean(),
  redirect_uris: Type.Array(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
  secrets: Type.Integer({ description: 'How many count: 2 while one takes the place of another' }),
})

const WithSecret = Type.Object({
  client_id: ClientId,
  client_secret: Type.Optional(Type.String({ description: 'Told this once' })),
})

export const addClient = route({
  name: 'addClient',
  summary: 'Add a program that people may sign in to, or that acts for itself',
  method: 'POST',
  path: '/v1/clients',
  door: 'admin',
  access: administrator,
  body: NewClient,
  replies: { 201: WithSecret },
})

export const listClients = route({
  name: 'listClients',
  summary: 'All clients, oldest first',
  method: 'GET',
  path: '/v1/clients',
  door: 'admin',
  access: administrator,
  replies: { 200: Type.Object({ clients: Type.Array(Client) }) },
})

export const rotateClientSecret = route({
  name: 'rotateClientSecret',
  summary: 'Another secret for a client; the one before counts until the next is made',
  method: 'POST',
  path: '/v1/clients/:clientId/secrets',
  door: 'admin',
  access: administrator,
  params: ClientParams,
  replies: { 201: WithSecret },
})

export const removeClient = route({
  name: 'removeClient',
  summary: 'Remove a client: nobody signs in to it any more, and its tokens are not renewed',
  method: 'DELETE',
  path: '/v1/clients/:clientId',
  door: 'admin',
  access: administrator,
  params: ClientParams,
  replies: { 204: Type.Null() },
})

export const allowRegistration = route({
  name: 'allowRegistration',
  summary: 'A token that clients may register themselves with at /oidc/reg, for an hour (RFC 7591)',
  method: 'POST',
  path: '/v1/clients/registration-tokens',
  door: 'admin',
  access: administrator,
  replies: { 201: Type.Object({ initial_access_token: Type.String(), expires_in: Type.Integer() }) },
})

const onlyAdministrators = problem(403, 'Forbidden', { detail: 'this is for administrators' })

export const clientsSurface: Surface = {
  name: 'identity.clients',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { admin: '/v1/clients' },
  forbidden: { admin: { 'wrong-role': onlyAdministrators, 'not-self': onlyAdministrators } },
  routes: [addClient, listClients, rotateClientSecret, removeClient, allowRegistration],
}
