/*
 * What `sallyport.config.ts` may say. The words here are for whoever writes one: an editor shows them.
 */

export interface SallyportConfig {
  /** Services of your own behind the doors, by their names. */
  readonly services?: Readonly<Record<string, OwnServiceConfig>>
  /** Issuers of tokens besides Sallyport, by names that services refer to them by. */
  readonly issuers?: Readonly<Record<string, IssuerConfig>>
}

/** Who may call: anyone, whoever is signed in, or whoever has one of these roles or a key with this scope. */
export type OwnAccess = 'anyone' | 'signed-in' | { readonly roles?: readonly string[]; readonly scope?: string }

export interface OwnServiceConfig {
  /** The path it has at the door, such as `/shop`: itself and everything below. It arrives at the service as it is. */
  readonly prefix: string
  /** `public` unless told otherwise. */
  readonly door?: 'public' | 'admin'
  /** Where its instances are, such as `http://127.0.0.1:3000`: they are called in turn. */
  readonly targets: readonly string[]
  /** Who may call; `signed-in` unless told otherwise. With a `scope` API keys that have it get in too. */
  readonly access?: OwnAccess
  /** Operations that others may call. */
  readonly routes?: readonly OwnRouteConfig[]
  readonly limits?: OwnLimits
  /**
   * What it is told of who is calling: `token` (unless told otherwise) is an `Authorization: Bearer` made for it alone,
   * `headers` are those named in `headers`, `none` is nothing. The platform's own tokens, keys and cookies it never sees.
   */
  readonly identity?: 'token' | 'headers' | 'none'
  /** The `aud` of its tokens; its name unless told otherwise. */
  readonly audience?: string
  /** The claims that headers carry: `{ 'X-User': 'username', 'X-Roles': 'roles' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whose tokens count; `['sallyport']` unless told otherwise. */
  readonly issuers?: readonly string[]
  /** Whether it speaks WebSocket too. */
  readonly webSockets?: boolean
  /** A path that it answers with 2xx when it is ready; without one it is ready when it takes connections. */
  readonly health?: string
}

export interface OwnRouteConfig {
  /** `*` is every method. What holds for `GET` holds for `HEAD`. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | '*'
  /** The whole path, with `:name` for a segment and a last `*` for everything below. */
  readonly path: string
  readonly access: OwnAccess
}

export interface OwnLimits {
  /** Requests of one address, such as `100/minute`; several rates with commas between them. */
  readonly perAddress?: string
  /** Requests of one account. */
  readonly perAccount?: string
  /** Requests with one API key. */
  readonly perKey?: string
  /** The largest body; 1,000,000 unless told otherwise. */
  readonly bodyBytes?: number
  /** How long it may take until its answer begins; `SALLYPORT_UPSTREAM_TOTAL_SECONDS` unless told otherwise. */
  readonly timeoutSeconds?: number
}

export interface IssuerConfig {
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** Where its public keys are. */
  readonly jwksUrl: string
  /** The `aud` that its tokens have for you. */
  readonly audience: string
  /** What it signs with. */
  readonly algorithms: readonly ('RS256' | 'ES256' | 'EdDSA')[]
}

/** Gives a configuration back as it is: an editor knows by it what there is to say. */
export function defineConfig(config: SallyportConfig): SallyportConfig {
  return config
}
