import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

/*
 * The library that Sallyport's OpenID provider is made of, by itself: its own store in memory, one client, nobody to ask.
 * A process of its own, called with the client's id and secret; prints where it listens.
 */

const [clientId = '', clientSecret = '', redirectUri = ''] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
if (address === null || typeof address === 'string') throw new TypeError('the peer listens on no port')
const issuer = `http://localhost:${address.port}`

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'peer', alg: 'RS256', use: 'sig' }] },
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
    },
  ],
  cookies: { keys: ['a secret of the benchmark alone'] },
  responseTypes: ['code'],
  pkce: { required: () => false },
  claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
  ttl: {
    AccessToken: 900,
    ClientCredentials: 900,
    Grant: 86_400,
    IdToken: 3600,
    RefreshToken: 86_400,
    Session: 86_400,
  },
  expiresWithSession: () => true,
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  async loadExistingGrant({ oidc: { client, session, provider } }) {
    if (!client || session?.accountId === undefined) return undefined
    const known = session.grantIdFor(client.clientId)
    if (known !== undefined) return provider.Grant.find(known)
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope('openid profile email')
    await grant.save()
    return grant
  },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: { enabled: true, defaultResource: () => [] },
    revocation: { enabled: true },
  },
})
const answer = provider.callback()
let people = 0

server.on('request', (request, response) => {
  if (request.url?.startsWith('/interaction/') !== true) {
    void answer(request, response)
    return
  }
  people += 1
  void provider.interactionFinished(request, response, { login: { accountId: `person-${people}` } })
})
process.stdout.write(`listens on ${issuer}\n`)
