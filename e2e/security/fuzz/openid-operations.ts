import type { Operation, Parameter } from './operations.ts'

/*
 * What the OpenID provider answers to below its mount, which no OpenAPI document describes: its own discovery document names
 * the endpoints, and the specifications what is sent there.
 */

const base = '/oidc'
const text = { type: 'string' }
const oneOf = (...values: readonly string[]): unknown => ({ anyOf: values.map((value) => ({ const: value })) })

type Fields = Readonly<Record<string, unknown>>

/** How a client says who it is. */
const client: Fields = {
  client_id: text,
  client_secret: text,
  client_assertion: text,
  client_assertion_type: oneOf('urn:ietf:params:oauth:client-assertion-type:jwt-bearer', 'x'),
}

const authorizationRequest: Fields = {
  client_id: text,
  redirect_uri: text,
  response_type: oneOf('code', 'none', 'id_token', 'code id_token', 'token'),
  response_mode: oneOf('query', 'fragment', 'form_post', 'web_message', 'jwt'),
  scope: oneOf('openid', 'openid offline_access', 'openid profile email roles', ''),
  prompt: oneOf('login', 'none', 'consent', 'select_account', 'create', 'login none'),
  max_age: { anyOf: [{ type: 'integer' }, text] },
  acr_values: oneOf('phr', 'urn:sallyport:acr:two-factors', 'x'),
  claims: oneOf('{}', '{"id_token":{"acr":{"essential":true,"values":["phr"]}}}', '{"userinfo":null}', '[]', '{'),
  code_challenge: text,
  code_challenge_method: oneOf('S256', 'plain'),
  resource: text,
  request: oneOf('e30.e30.', 'x.y.z', 'eyJhbGciOiJub25lIn0.e30.'),
  request_uri: oneOf('urn:ietf:params:oauth:request_uri:x', 'http://127.0.0.1:1/'),
  id_token_hint: oneOf('e30.e30.', 'x'),
  login_hint: text,
  ui_locales: oneOf('it en', 'x'),
  state: text,
  nonce: text,
  dpop_jkt: text,
}

const tokenRequest: Fields = {
  ...client,
  grant_type: oneOf(
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:device_code',
  ),
  code: text,
  code_verifier: text,
  redirect_uri: text,
  refresh_token: text,
  device_code: text,
  username: text,
  password: text,
  scope: text,
  resource: text,
}

const tokenInHand: Fields = {
  ...client,
  token: oneOf('x', 'e30.e30.', '0'.repeat(43)),
  token_type_hint: oneOf('access_token', 'refresh_token', 'x'),
}

const signingOut: Fields = {
  id_token_hint: oneOf('e30.e30.', 'x'),
  client_id: text,
  post_logout_redirect_uri: text,
  logout_hint: text,
  state: text,
  ui_locales: text,
}

const metadata: Fields = {
  client_name: text,
  redirect_uris: { type: 'array', items: text },
  post_logout_redirect_uris: { type: 'array', items: text },
  grant_types: { type: 'array', items: oneOf('authorization_code', 'refresh_token', 'client_credentials', 'implicit') },
  response_types: { type: 'array', items: oneOf('code', 'none', 'id_token') },
  token_endpoint_auth_method: oneOf('none', 'client_secret_basic', 'private_key_jwt', 'tls_client_auth'),
  jwks: { anyOf: [{ const: { keys: [] } }, { const: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } }, text] },
  jwks_uri: text,
  backchannel_logout_uri: text,
  id_token_signed_response_alg: oneOf('RS256', 'none', 'HS256'),
  application_type: oneOf('web', 'native'),
  subject_type: oneOf('public', 'pairwise'),
}

const form = 'application/x-www-form-urlencoded'

interface Given {
  readonly query?: Fields
  readonly body?: Fields
  readonly mediaType?: string
  /** Whether it takes an access token. */
  readonly takesToken?: boolean
}

function operation(method: string, path: string, given: Given = {}): Operation {
  const { query = {}, body, mediaType = form, takesToken = false } = given
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, place: 'path', schema: text }))
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, place: 'query', schema }))
  const inHeaders = ['dpop', 'authorization'].map((name) => ({
    name,
    place: 'header',
    schema: oneOf('e30.e30.', 'Basic Og==', 'Basic %', 'DPoP x', 'Bearer x', 'Bearer'),
  }))
  const parameters: readonly Parameter[] = [...inPath, ...inQuery, ...inHeaders]
  return {
    service: 'identity',
    name: `openid ${method} ${path}`,
    door: 'public',
    method,
    path: base + path,
    parameters,
    bodies: body ? [{ mediaType, schema: { type: 'object', properties: body } }] : [],
    credentials: takesToken ? ['bearer'] : [],
    isForAdministrators: false,
    dialect: 'openid',
  }
}

/** Every endpoint of the provider, and the pages that people see on the way. */
export function openIdOperations(): Operation[] {
  return [
    operation('GET', '/.well-known/openid-configuration'),
    operation('GET', '/jwks'),
    operation('GET', '/auth', { query: authorizationRequest }),
    operation('POST', '/auth', { body: authorizationRequest }),
    operation('GET', '/auth/{uid}'),
    operation('POST', '/request', { body: { ...client, ...authorizationRequest } }),
    operation('POST', '/token', { body: tokenRequest }),
    operation('POST', '/token/introspection', { body: tokenInHand }),
    operation('POST', '/token/revocation', { body: tokenInHand }),
    operation('GET', '/me', { takesToken: true }),
    operation('POST', '/me', { takesToken: true, body: { access_token: text } }),
    operation('POST', '/device/auth', { body: { ...client, scope: text, acr_values: text } }),
    operation('GET', '/device', { query: { user_code: text } }),
    operation('POST', '/device', { body: { user_code: text, xsrf: text, confirm: oneOf('yes'), abort: oneOf('yes') } }),
    operation('GET', '/session/end', { query: signingOut }),
    operation('POST', '/session/end', { body: signingOut }),
    operation('POST', '/session/end/confirm', { body: { xsrf: text, logout: oneOf('yes', '') } }),
    operation('POST', '/reg', { body: metadata, mediaType: 'application/json', takesToken: true }),
    operation('GET', '/reg/{clientId}', { takesToken: true }),
    operation('PUT', '/reg/{clientId}', { body: metadata, mediaType: 'application/json', takesToken: true }),
    operation('DELETE', '/reg/{clientId}', { takesToken: true }),
    operation('GET', '/interaction/{uid}'),
    operation('POST', '/interaction/{uid}', {
      body: { login: text, username: text, password: text, code: text, csrf: text, prompt: text },
    }),
    ...['', '/{page}', '/sessions', '/api-keys', '/data', '/erasure', '/passkeys', '/password'].flatMap((page) => [
      operation('GET', `/account${page}`, { query: { part: text, after: text } }),
      operation('POST', `/account${page}`, { body: { csrf: text, username: text, password: text, sid: text } }),
    ]),
    operation('GET', '/{page}'),
  ]
}
