import { Type } from 'typebox'
import { anyone } from '../access.ts'
import { problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'

export const publishedKeys = route({
  name: 'publishedKeys',
  summary: 'The public keys that tokens are signed with (RFC 7517)',
  method: 'GET',
  path: '/.well-known/jwks.json',
  door: 'public',
  access: anyone,
  headers: Type.Object({ 'if-none-match': Type.Optional(Type.String()) }),
  replies: {
    200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
    304: Type.Null(),
  },
})

export const wellKnown: Surface = {
  name: 'identity.well-known',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/.well-known' },
  forbidden: {},
  routes: [publishedKeys],
}
