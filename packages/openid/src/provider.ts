import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { answerAccountPage, isAccountPath } from './account-pages/answering.ts'
import { withAccountClient } from './account-pages/sign-in-request.ts'
import { stateAcr } from './acr.ts'
import { isSecretOf } from './clients/client.ts'
import { configurationOf } from './configuration.ts'
import { sendFile } from './files.ts'
import { answerInteraction } from './interactions/interactions.ts'
import { Provider } from './library.ts'
import { showUnknown } from './page-features.ts'
import type { OpenIdProviderParts } from './parts.ts'
import { answerPostedRequest, isPostedRequest } from './posted-request.ts'
import { showSendingOn } from './sending-on.ts'
import { signOutEach } from './signing-out.ts'
import { createRecords, type Records } from './store/records.ts'

export interface OpenIdProvider {
  /** Answers a request below the issuer's path. Nothing has read its body. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** A token that one client may register itself with; it counts until it expires. */
  issueInitialAccessToken(lifeSeconds: number): Promise<string>
  /**
   * Ends browser sessions whose sessions have ended, and tells the clients of them (back-channel logout), one after the
   * other; resolves when all of them were told. A client that does not answer is not asked again.
   */
  signOut(browserSessions: readonly string[]): Promise<void>
  /** Lets go of the keys. */
  close(): void
}

/** An OpenID provider. The keys of the library's cannot be changed, so whenever there are others a new one takes its place. */
export function createOpenIdProvider(given: OpenIdProviderParts): OpenIdProvider {
  const { issuer, keys, log, accountPages, files = [] } = given
  const parts = accountPages ? { ...given, clients: withAccountClient(given.clients, issuer, accountPages) } : given
  const address = new URL(issuer)
  const records = createRecords(parts.db)
  let built = build(parts, records)
  const subscription = keys.subscribe(() => (built = build(parts, records)))
  /** Which of the published keys signs depends on the time. */
  const current = () => (built.kid === keys.current.kid ? built : (built = build(parts, records)))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { provider, callback } = current()
    if (!enter(request, address)) {
      response.writeHead(404).end()
      return
    }
    if (isPostedRequest(request)) return answerPostedRequest(parts, request, response)
    const [path = ''] = (request.url ?? '').split('?', 1)
    const file = files.find((one) => one.path === path)
    const uid = /^\/interaction\/([\w-]+)$/.exec(path)?.[1]
    if (file) sendFile(file, request, response)
    else if (uid !== undefined) await answerInteraction(provider, parts, uid, request, response)
    else if (accountPages && isAccountPath(accountPages, path)) {
      await answerAccountPage(provider, parts, accountPages, request, response)
    } else await callback(request, response)
  }

  return {
    handle(request, response) {
      answer(request, response).catch((error: unknown) => {
        log.error({ err: error, path: address.pathname }, 'the OpenID provider failed on a request')
        if (response.headersSent) response.destroy()
        else response.writeHead(500).end()
      })
    },
    async issueInitialAccessToken(lifeSeconds) {
      const { provider } = current()
      const token = new provider.InitialAccessToken({ expiresIn: lifeSeconds })
      return token.save()
    },
    async signOut(browserSessions) {
      const untold = (error: unknown, client?: string): void =>
        log.warn({ err: error, client }, 'a client could not be told of a sign-out')
      await signOutEach({ provider: current().provider, db: parts.db }, browserSessions, untold).catch(untold)
    },
    close: () => subscription.stop(),
  }
}

function build(parts: OpenIdProviderParts, records: Records) {
  const { issuer, db, clock, sealing, sessions, assurance, log } = parts
  const provider = new Provider(
    issuer,
    configurationOf(parts, {
      db,
      records,
      clock,
      sealing,
      async onRevoked(browserSessions) {
        // At the token endpoint a grant is taken back for one reason: a code or token came a second time, so somebody
        // has stolen it. Elsewhere a client gives back what is its own.
        const { ctx } = Provider
        if (ctx?.oidc.route !== 'token') return
        for (const session of browserSessions) await sessions.end(session, { why: 'stolen', address: ctx.ip })
      },
    }),
  )
  // Its addresses come from the request, which `enter` has made say what the issuer says.
  provider.proxy = true
  provider.Client.prototype.compareClientSecret = function compareClientSecret(secret) {
    return isSecretOf(this.clientSecret, secret)
  }
  provider.use(async (ctx, next) => {
    // For whatever is no page of ours.
    ctx.set('content-security-policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
    ctx.set({ 'referrer-policy': 'same-origin', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
    await next()
    if (isRouted(ctx)) showSendingOn(ctx, parts)
    else showUnknown(ctx, parts.pages)
    const session: unknown = Reflect.get(Object(ctx['oidc']), 'session')
    const { destroyed, uid }: { destroyed?: unknown; uid?: unknown } = Object(session)
    if (destroyed === true && typeof uid === 'string') await sessions.end(uid, { why: 'signed-out', address: ctx.ip })
  })
  provider.on('authorization.accepted', (ctx) => stateAcr(ctx, assurance))
  provider.on('server_error', (ctx, error) => {
    log.error({ err: error, route: ctx.oidc.route }, 'the OpenID provider failed on a request')
  })
  provider.on('backchannel.error', (_ctx, error, client) => {
    log.warn({ err: error, client: client.clientId }, 'a client could not be told of a sign-out')
  })
  return { provider, callback: provider.callback(), kid: parts.keys.current.kid }
}

/** Whether the library knows the address of a request. */
function isRouted<Context extends object>(ctx: Context): ctx is Context & KoaContextWithOIDC {
  return 'oidc' in ctx
}

/**
 * Makes a request say that it came to the issuer's address, whatever its client said, and takes the issuer's path off
 * it. The provider puts the host of a request into its discovery: a spoofed header would put a stranger's address there.
 * Whether the request is below that path.
 */
function enter(request: IncomingMessage, { host, protocol, pathname }: URL): boolean {
  const url = request.url ?? ''
  if (!url.startsWith(`${pathname}/`)) return false
  for (const name of ['forwarded', 'x-forwarded-host', 'x-forwarded-port']) delete request.headers[name]
  request.headers.host = host
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  Reflect.set(request, 'originalUrl', url)
  request.url = url.slice(pathname.length)
  return true
}
