import * as openid from 'openid-client'
import { callPath, objectOf, textOf } from '../support/http.ts'
import { adminToken } from '../support/people.ts'
import { issuer } from './browser.ts'

export const callback = 'https://app.example/callback'
export const afterSignOut = 'https://app.example/signed-out'

export interface RegisteredClient {
  readonly id: string
  readonly secret: string | undefined
}

/** Adds a client at the admin door. */
export async function addClient(details: Readonly<Record<string, unknown>> = {}): Promise<RegisteredClient> {
  const answer = await callPath('admin', 'POST', '/v1/clients', {
    token: await adminToken(),
    json: { name: 'Orchard', redirect_uris: [callback], post_logout_redirect_uris: [afterSignOut], ...details },
  })
  const secret = objectOf(answer.body)['client_secret']
  return { id: textOf(answer, 'client_id'), secret: typeof secret === 'string' ? secret : undefined }
}

/** The client as `openid-client` sees it, which has found the provider by discovery. */
export async function connect({ id, secret }: RegisteredClient): Promise<openid.Configuration> {
  const authentication = secret === undefined ? openid.None() : openid.ClientSecretBasic(secret)
  return openid.discovery(issuer(), id, {}, authentication, { execute: [openid.allowInsecureRequests] })
}

/** What a client remembers between sending somebody to the provider and having them back. */
export interface Journey {
  readonly url: URL
  readonly checks: {
    readonly pkceCodeVerifier: string
    readonly expectedState: string
    readonly expectedNonce?: string
  }
}

/** Where a client sends somebody who is to sign in. */
export async function begin(config: openid.Configuration, params: Record<string, string> = {}): Promise<Journey> {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const [expectedState, nonce] = [openid.randomState(), openid.randomNonce()]
  const scope = params['scope'] ?? 'openid profile email'
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    ...(scope.includes('openid') && { nonce }),
    ...params,
  })
  const checks = { pkceCodeVerifier, expectedState, ...(scope.includes('openid') && { expectedNonce: nonce }) }
  return { url, checks }
}
