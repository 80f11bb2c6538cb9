import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { hasFile, type Reply, type Route, type ServiceContract, spellingsOf } from '@sallyport/contracts'
import { newId } from '@sallyport/kernel'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import type { Authentication } from './authentication.ts'
import { isJson, MalformedJson, parseBody, parseJson } from './body.ts'
import { checkComplete, type MountHandler, mountsOf } from './completeness.ts'
import { allowedMethods, pathOf, surfaceOf, surfacesByRoute } from './contract-paths.ts'
import type { HandledRoute } from './handler.ts'
import type { Metrics } from './metrics.ts'
import { addOwnRoutes, type Health } from './own-routes.ts'
import { isReady, type PartStates, statesOf } from './readiness.ts'
import { send } from './sending.ts'
import { parseTraceParent } from './trace-context.ts'
import { type UploadLimits, uploadLimits, UploadPlaces } from './uploads.ts'

/** The largest body a service reads, in bytes (market §1). */
export const bodyLimitBytes = 1024 * 1024

/** The same for forms, which have a few short fields and cost more to take apart. */
const formLimitBytes = 64 * 1024

/** What is away is worth another try after so long. */
const unavailableSeconds = 1

export interface ServiceParts {
  readonly contract: ServiceContract
  readonly routes: readonly HandledRoute[]
  /** What answers below each mount, by its name. */
  readonly mounts?: Readonly<Record<string, MountHandler>>
  readonly authentication: Authentication
  readonly log: Logger
  /**
   * The name of this process among those of the service, where clients are told it: its answers say it in `X-Instance`,
   * and a line of the log tells of each request (enrollment E-6).
   */
  readonly instance?: string
  /** What must work for the service to work, by name; a check that throws makes the service not ready. */
  readonly checks?: Readonly<Record<string, () => Promise<void>>>
  /** Whether an error says that something the service cannot do without is away, such as its database: then it answers 503. */
  readonly isUnavailable?: (error: unknown) => boolean
  /** What `/health` tells beside that the service can serve; without it `checks` tell whether it can. */
  readonly health?: () => Health
  /** How many files may come at once. */
  readonly uploads?: UploadLimits
  /** Called before the doors open. */
  readonly start?: () => Promise<void>
  /** Called after the last request. */
  readonly stop?: () => Promise<void>
}

export interface Service {
  readonly name: string
  readonly contract: ServiceContract
  /** Answers a request of Node's HTTP server: the same-process way in. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Answers a request that never was on a socket. */
  inject(request: InjectedRequest): Promise<InjectedAnswer>
  start(): Promise<void>
  /** Opens a port of its own, where `/metrics` shows these, and returns its address, such as `http://127.0.0.1:9090`. */
  listen(options: { readonly host: string; readonly port: number; readonly metrics?: Metrics }): Promise<string>
  /** The state of everything the service needs. */
  readiness(): Promise<PartStates>
  /** Ends the answers that would go on: whoever closes a door does not wait for them. */
  endStreams(): void
  /** Finishes the requests under way, then closes. */
  stop(): Promise<void>
}

export interface InjectedAnswer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string
}

export interface InjectedRequest {
  readonly method: Route['method']
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Assembles a service from its contract and what does its routes.
 *
 * @throws {TypeError} when a declared route has no handler, or a handler no declared route
 */
export async function createService(parts: ServiceParts): Promise<Service> {
  const { contract, authentication, log, instance, checks = {}, isUnavailable = () => false } = parts
  const surfaces = surfacesByRoute(contract)
  checkComplete(contract, surfaces, parts.routes)
  const mounts = mountsOf(contract, parts.mounts ?? {})
  const spellings = spellingsOf([contract])

  const state = async (): Promise<PartStates> => ({
    ...(await statesOf(checks)),
    ...(authentication.revocations && { revocations: authentication.revocations() }),
  })

  const nameInstance = (reply: FastifyReply): void => {
    if (instance !== undefined) void reply.header('x-instance', instance)
  }

  const tellOfRequest = ({ id, method, url, headers }: FastifyRequest, status: number): void => {
    if (instance === undefined) return
    const { traceId: trace } = parseTraceParent(headers['traceparent']) ?? {}
    log.info({ instance, request: id, trace, method, path: pathOf(url), status }, 'request')
  }

  const logger: FastifyBaseLogger = log
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines about a request name it themselves: a logger of its own for each would be made for nothing.
    childLoggerFactory: (logger) => logger,
    exposeHeadRoutes: false,
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    // For calls on a port of its own; the doors have limits of theirs. A file may take as long as it takes to get through one.
    requestTimeout: parts.routes.some(({ route }) => hasFile(route.form)) ? 0 : 30_000,
    connectionTimeout: 70_000,
    // The gateway's id, so that a line in the log of a service can be found from an answer at the door.
    genReqId: ({ headers }) => (typeof headers['x-request-id'] === 'string' ? headers['x-request-id'] : newId()),
    // Paths are matched as they are declared; other spellings mean one of these.
    rewriteUrl: ({ url = '/' }) => {
      const path = pathOf(url)
      const declared = spellings(path)
      return declared === undefined || declared === path ? url : declared + url.slice(path.length)
    },
    // Names in paths may be as long as they like; what is too long for a header is refused before this.
    routerOptions: { maxParamLength: 16_384 },
    // No hook hears of these.
    frameworkErrors: (_error, request, reply) => {
      nameInstance(reply)
      const answer = surfaceOf(contract, request.url).dialect.notFound()
      tellOfRequest(request, answer.status)
      send(reply, answer)
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // Bodies are read by their route (body.ts), which has words for every type, also for what is none. Fastify would refuse
  // the latter with words of its own.
  const contentTypes = new WeakMap<IncomingMessage, string>()
  const bodyless = new Set(
    parts.routes.filter(({ route }) => !route.body && !route.form).map(({ route }) => `${route.method} ${route.path}`),
  )
  app.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    const { headers } = raw
    if (!mounts.has(routeOptions.url ?? '')) {
      const type = headers['content-type']
      if (type !== undefined) {
        contentTypes.set(raw, type)
        delete headers['content-type']
      }
      if (isFramed(headers) && bodyless.has(`${raw.method} ${routeOptions.url}`)) {
        // A route without a body takes none, whatever comes: the server drops it.
        delete headers['content-length']
        delete headers['transfer-encoding']
      }
    }
    done()
  })

  if (instance !== undefined) {
    app.addHook('onRequest', async (_request, reply) => nameInstance(reply))
    app.addHook('onResponse', async (request, { statusCode }) => tellOfRequest(request, statusCode))
  }

  const places = new UploadPlaces(parts.uploads ?? uploadLimits)
  for (const handled of parts.routes) {
    const { route } = handled
    const surface = surfaces.get(route)
    if (!surface) continue
    const answer = async (request: FastifyRequest): Promise<Reply> => {
      const { body: raw, headers, params, query } = request
      const type = contentTypes.get(request.raw)
      if (surface.onlyJson === true && route.anyMediaType !== true && type !== undefined && !isJson(type)) {
        return surface.dialect.badRequest('The content type must be application/json')
      }
      const bytes = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0)
      const parse = async () =>
        surface.everyBodyIsJson === true && route.body ? parseJson(bytes) : parseBody(route, type, bytes)
      const reply = await handled.answer({ headers, params, query, parseBody: parse }, surface, authentication)
      if (reply.body instanceof Readable) keepTrack(reply.body)
      return reply
    }
    const isUpload = hasFile(route.form)
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.form && !isUpload ? formLimitBytes : (surface.bodyLimitBytes ?? bodyLimitBytes),
      ...(isUpload && {
        onRequest: async ({ raw }, reply) => {
          const caller = await handled.identify(raw, surface, authentication)
          const giveUp = (): void => send(reply.header('connection', 'close'), surface.dialect.tooSlow())
          const leave = typeof caller === 'string' && places.take({ caller, isWhole: () => raw.complete, giveUp })
          if (!leave) {
            send(reply, typeof caller === 'string' ? surface.dialect.unavailable(1) : caller)
            return reply
          }
          if (reply.raw.closed) leave()
          else reply.raw.once('close', leave)
          return undefined
        },
      }),
      schema: { response: { ...route.replies } },
      // No async function: of one Fastify waits for the end of the answer, which costs more than the answer.
      handler: (request, reply) => {
        answer(request)
          .then((answered) => send(reply, answered))
          .catch((error: unknown) => void reply.send(error))
      },
    })
  }

  for (const [url, answer] of mounts) {
    app.route({
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url,
      // From here on the request is no business of Fastify's, which would read its body next.
      onRequest: async (request, reply) => {
        reply.hijack()
        answer(request.raw, reply.raw)
      },
      handler: () => undefined,
    })
  }

  const showMetrics = addOwnRoutes(app, {
    state,
    health: parts.health ?? (async () => ({ isHealthy: isReady(await statesOf(checks)), details: {} })),
  })

  app.setNotFoundHandler((request, reply) => {
    const { dialect } = surfaceOf(contract, request.url)
    const allowed = allowedMethods(contract, request.url)
    return send(reply, allowed.length > 0 ? dialect.methodNotAllowed(allowed) : dialect.notFound())
  })

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { dialect } = surfaceOf(contract, request.url)
    if (error instanceof MalformedJson) return send(reply, dialect.malformedJson(error.message))
    if (error.statusCode === 413) return send(reply, dialect.tooLarge(request.routeOptions.bodyLimit))
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return send(reply, dialect.badRequest('The request could not be read'))
    }
    const { traceId: trace } = parseTraceParent(request.headers['traceparent']) ?? {}
    log.error({ err: error, request: request.id, trace, route: request.routeOptions.url }, 'a request failed')
    return send(reply, isUnavailable(error) ? dialect.unavailable(unavailableSeconds) : dialect.failed(request.id))
  })

  const streams = new Set<Readable>()
  const keepTrack = (stream: Readable): void => {
    streams.add(stream)
    stream.once('close', () => streams.delete(stream))
  }
  const endStreams = (): void => {
    for (const stream of streams) stream.push(null)
  }

  await app.ready()

  return {
    name: contract.name,
    contract,
    handle: (request, response) => app.routing(request, response),
    async inject({ method, path, headers, body }) {
      const response = await app.inject({ method, url: path, headers, ...(body !== undefined && { body }) })
      return { status: response.statusCode, headers: response.headers, body: response.body }
    },
    start: async () => parts.start?.(),
    listen({ host, port, metrics }) {
      showMetrics(metrics)
      return app.listen({ host, port })
    },
    readiness: state,
    endStreams,
    async stop() {
      endStreams()
      await app.close()
      await parts.stop?.()
    },
  }
}

function isFramed(headers: IncomingMessage['headers']): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}
