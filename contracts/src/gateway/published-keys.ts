import { Type } from 'typebox'
import { anyone } from '../access.ts'
import { problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'

/** For so many seconds whoever asked for keys may keep them: a key is to be published for longer before it signs. */
export const keysMaxAgeSeconds = 300

const replies = {
  200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
  304: Type.Null(),
}
const headers = Type.Object({ 'if-none-match': Type.Optional(Type.String()) })

export const publishedKeys = route({
  name: 'publishedKeys',
  summary: 'The public keys of every token made here (RFC 7517): those of accounts, and those that the gateway signs',
  method: 'GET',
  path: '/.well-known/jwks.json',
  door: 'public',
  access: anyone,
  headers,
  replies,
})

export const wellKnown: Surface = {
  name: 'gateway.well-known',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/.well-known' },
  forbidden: {},
  routes: [publishedKeys],
}

/** Where the gateway signs under a name of its own, below the address that people know the installation by. */
const ownPath = '/gateway'

/** The issuer of the tokens that the gateway makes for upstreams of others. */
export function gatewayIssuerOf(publicUrl: string): string {
  return `${publicUrl}${ownPath}`
}

export const gatewayKeys = route({
  name: 'gatewayKeys',
  summary: 'The public keys of the tokens that the gateway signs, alone',
  method: 'GET',
  path: `${ownPath}/.well-known/jwks.json`,
  door: 'public',
  access: anyone,
  headers,
  replies,
})

/** The members of RFC 8414 §2 that an issuer has which nobody can ask for a token. */
export const gatewayMetadata = route({
  name: 'gatewayMetadata',
  summary: 'Where the keys of the gateway are, for whoever looks for them by the name of its issuer',
  method: 'GET',
  path: `${ownPath}/.well-known/openid-configuration`,
  door: 'public',
  access: anyone,
  replies: {
    200: Type.Object({
      issuer: Type.String(),
      jwks_uri: Type.String(),
      response_types_supported: Type.Array(Type.String()),
      grant_types_supported: Type.Array(Type.String()),
      subject_types_supported: Type.Array(Type.String()),
      id_token_signing_alg_values_supported: Type.Array(Type.String()),
    }),
  },
})

export const ownIssuer: Surface = {
  name: 'gateway.issuer',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: ownPath },
  forbidden: {},
  routes: [gatewayKeys, gatewayMetadata],
}
