import * as openid from 'openid-client'

const { ISSUER = '', CLIENT_ID = '', CLIENT_SECRET = '', REDIRECT_URI = '' } = process.env
const issuer = new URL(ISSUER)
const plainHttp = issuer.protocol === 'http:' ? { execute: [openid.allowInsecureRequests] } : undefined
const client = await openid.discovery(issuer, CLIENT_ID, CLIENT_SECRET, undefined, plainHttp)

/** Where to send somebody, and what to remember until they are back. */
export async function begin() {
  const checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  }
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  })
  return { url, checks }
}

/** Who it is that came back to this address. */
export async function finish(address: URL, checks: openid.AuthorizationCodeGrantChecks) {
  const tokens = await openid.authorizationCodeGrant(client, address, checks)
  return openid.fetchUserInfo(client, tokens.access_token, tokens.claims()?.sub ?? '')
}
