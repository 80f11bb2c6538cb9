import { type Brand, Rejection } from '@sallyport/kernel'
import type { ClientMetadata } from '@sallyport/openid'

/** The `client_id` of a program. */
export type ClientId = Brand<string, 'ClientId'>

export type { ClientMetadata } from '@sallyport/openid'

/** A program that people may sign in to, or that acts for itself. */
export interface Client {
  readonly id: ClientId
  readonly name: string
  /** Ours: nobody is asked whether they trust it. */
  readonly firstParty: boolean
  /** What OpenID Connect says about it besides its id, its name and its secret. */
  readonly metadata: ClientMetadata
  readonly createdAt: Date
  /** How many secrets count. */
  readonly secrets: number
}

/** The client that the account pages are. */
export const accountClient = { id: 'sallyport-account', name: 'Sallyport' }

/** What somebody who adds a client says about it. */
export interface NewClient {
  readonly name: string
  readonly firstParty: boolean
  /** Runs where it can keep a secret: on a server, not in a browser, on a telephone or a desk. */
  readonly confidential: boolean
  /** Where people are sent back to; without any, nobody signs in to it. */
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  /** Told when somebody signs out. */
  readonly backchannelLogoutUri?: string | undefined
}

export class InvalidClient extends Rejection {
  override name = 'InvalidClient'
  readonly code = 'invalid-client'
  readonly reason = 'invalid'
}

export class UnknownClient extends Rejection {
  override name = 'UnknownClient'
  readonly code = 'unknown-client'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such client')
  }
}

/**
 * What a client is, in the words of OpenID Connect. Whoever has nowhere to send people back to acts for itself.
 *
 * @throws {InvalidClient}
 */
export function metadataOf(client: NewClient): ClientMetadata {
  const { name, confidential, redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = client
  if (name.trim() === '' || name.length > 100) throw new InvalidClient('a client has a name of 1 to 100 characters')
  const signsIn = redirectUris.length > 0
  if (!signsIn && !confidential)
    throw new InvalidClient('a client without a secret needs somewhere to send people back to')
  const isNative = [...redirectUris, ...postLogoutRedirectUris].some((uri) => !isWeb(uri))
  for (const uri of [...redirectUris, ...postLogoutRedirectUris]) checkRedirect(uri, isNative)
  if (backchannelLogoutUri !== undefined && !isWeb(backchannelLogoutUri)) {
    throw new InvalidClient('a client is told of sign-outs at an http or https address')
  }
  return {
    application_type: isNative ? 'native' : 'web',
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    response_types: signsIn ? ['code'] : [],
    grant_types: [
      ...(signsIn ? ['authorization_code', 'refresh_token'] : []),
      ...(confidential ? ['client_credentials'] : ['urn:ietf:params:oauth:grant-type:device_code']),
    ],
    token_endpoint_auth_method: confidential ? 'client_secret_basic' : 'none',
    ...(backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  }
}

/** @throws {InvalidClient} */
function checkRedirect(uri: string, isNative: boolean): void {
  if (!URL.canParse(uri)) throw new InvalidClient('an address to send people back to is a whole address')
  const { hostname, protocol, username, password } = new URL(uri)
  const isScript = ['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:'].includes(protocol)
  if (uri.includes('#') || username !== '' || password !== '' || isScript) {
    throw new InvalidClient('an address to send people back to has no fragment, names nobody and is no script')
  }
  // Of a program with a scheme of its own, everything else is on the same machine or under an address that it owns.
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (isNative && ((protocol === 'http:' && !isLocal) || (protocol === 'https:' && isLocal))) {
    throw new InvalidClient(
      'beside an address of its own scheme a client has http on its own machine and https elsewhere',
    )
  }
}

/** Over the web, or to a program on the same machine as the browser. */
function isWeb(uri: string): boolean {
  return URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)
}
