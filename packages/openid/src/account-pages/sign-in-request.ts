import { randomBytes } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import type { OpenIdClient, OpenIdClients } from '../clients/client.ts'
import type { AccountPages } from './account-page.ts'

/** Where the provider sends people back to, below the place of the pages. */
export const returnPath = '/signed-in'

/**
 * The address of an authorization request that leads back to a page. The code that it gives is good for nothing: the
 * pages go by the browser session, and nobody knows a text whose digest is this challenge.
 */
export function signInAddress(
  provider: Provider,
  { place, client }: AccountPages,
  path: string,
  { anew }: { readonly anew: boolean },
): string {
  const address = new URL(provider.urlFor('authorization'))
  address.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: provider.issuer + place + returnPath,
    response_type: 'code',
    scope: 'openid',
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    state: place + path,
    ...(anew && { prompt: 'login' }),
  }).toString()
  return address.href
}

/** The page that somebody wanted before they signed in: never another place, whoever made the address up. */
export function wantedPage({ place, pages }: AccountPages, state: string | null): string {
  const wanted = pages.find(({ method, path }) => method === 'GET' && place + path === state)
  return wanted?.path ?? ''
}

/** The clients of the service, and the one that the pages are. */
export function withAccountClient(clients: OpenIdClients, issuer: string, pages: AccountPages): OpenIdClients {
  const own = accountClient(issuer, pages)
  return { ...clients, find: async (id) => (id === pages.client.id ? own : clients.find(id)) }
}

function accountClient(issuer: string, { place, client }: AccountPages): OpenIdClient {
  return {
    metadata: {
      client_id: client.id,
      client_name: client.name,
      redirect_uris: [issuer + place + returnPath],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'none',
      scope: 'openid',
    },
    firstParty: true,
    secretDigests: [],
  }
}
