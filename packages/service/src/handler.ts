import {
  type BodyOf,
  type Dialect,
  type EventSource,
  gatewayCredentialHeader,
  type HeadersOf,
  type Issue,
  judgeOwner,
  judgeRights,
  type ParamsOf,
  type Part,
  type QueryOf,
  type Reply,
  type ReplyOf,
  type Route,
  type Surface,
  wholeScope,
} from '@sallyport/contracts'
import { Rejection, type Soon } from '@sallyport/kernel'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Authentication, NoCaller } from './authentication.ts'
import type { AccountCaller, ServiceCaller } from './caller.ts'
import { isEventSource, streamEvents } from './event-stream.ts'

/** What a handler is given: everything read, checked and typed by the route's declaration. */
export interface HandlerInput<R extends Route> {
  readonly params: ParamsOf<R>
  readonly query: QueryOf<R>
  readonly headers: HeadersOf<R>
  readonly body: BodyOf<R>
  readonly caller: CallerOf<R>
  /** Who the gateway says is asking; empty where no gateway was in between. */
  readonly clientAddress: string
}

export type CallerOf<R extends Route> = R['access'] extends { readonly who: 'account' }
  ? AccountCaller
  : R['access'] extends { readonly who: 'service' }
    ? ServiceCaller
    : R['access'] extends { readonly who: 'visitor' }
      ? AccountCaller | undefined
      : undefined

/** A surface's words for a rejection of the domain; undefined leaves it to the dialect. */
export type Words = (rejection: Rejection) => Reply | undefined

/** A request as it came. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> & {
    readonly authorization?: string | undefined
  }
  readonly params: unknown
  readonly query: unknown
  /** Its body, parsed. Throws when it is not what it says. */
  parseBody(): Promise<unknown>
}

/** A route together with what does it. */
export interface HandledRoute {
  readonly route: Route
  answer(request: RawRequest, surface: Surface, authentication: Authentication): Promise<Reply>
  /** Who sends a request whose body has not been read; a reply refuses it. */
  identify(
    request: Pick<RawRequest, 'headers'>,
    surface: Surface,
    authentication: Authentication,
  ): Promise<string | Reply>
}

/** Answers with this reply at once; for refusals that are no rejection of the domain. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`)
    this.reply = reply
  }
}

/** The token was made for less than this (RFC 6750 §3.1). */
export class InsufficientScope extends Rejection {
  override name = 'InsufficientScope'
  readonly code = 'insufficient-scope'
  readonly reason = 'forbidden'

  constructor(scope: string | undefined) {
    super(scope === undefined ? 'the token was made for less than this' : `this needs the scope ${scope}`)
  }
}

/**
 * Binds a route to what does it. Every request goes the same way (market §2): the body is parsed, then the token, then
 * the fields, then role and ownership, then the handler. Where the door decides, token and roles come before the body.
 */
export function handle<const R extends Route>(
  route: R,
  run: (input: HandlerInput<R>) => Promise<ReplyOf<R>>,
  words: Words = () => undefined,
): HandledRoute {
  const validators = {
    path: compile(route.params),
    query: compile(route.query),
    header: compile(route.headers),
    body: compile(route.body ?? route.form),
  }

  return {
    route,
    async answer(request, surface, authentication) {
      const { dialect } = surface
      try {
        if (route.signs) await requireGateway(request, surface, authentication)
        const isDecidedFirst = surface.decidedBy === 'door'
        const parsed = isDecidedFirst ? undefined : { body: await request.parseBody() }
        const caller = await authenticate(route, request, surface, authentication)
        // As at the door: what somebody may not do is not looked at.
        if (isDecidedFirst) checkRights(route, caller, surface)
        const { body } = parsed ?? { body: await request.parseBody() }
        const input = read(route, { ...request, body }, dialect, validators)
        if (!isDecidedFirst) checkRights(route, caller, surface)
        checkOwner(route, caller, input, surface)
        const reply: Reply = await run(complete<R>({ ...input, caller, clientAddress: clientAddressOf(request) }))
        return isEventSource(reply.body)
          ? { ...reply, body: stream(reply.body, { route, request, surface, authentication }) }
          : reply
      } catch (error) {
        return refusalOf(error, dialect, words)
      }
    },
    async identify(request, surface, authentication) {
      try {
        const caller = await authenticate(route, request, surface, authentication)
        checkRights(route, caller, surface)
        return caller?.kind === 'account' ? caller.accountId : (caller?.name ?? clientAddressOf(request))
      } catch (error) {
        return refusalOf(error, surface.dialect, words)
      }
    },
  }
}

/** What is no refusal goes on. */
function refusalOf(error: unknown, dialect: Dialect, words: Words): Reply {
  if (error instanceof Refusal) return error.reply
  if (error instanceof Rejection) return words(error) ?? dialect.rejected(error)
  throw error
}

/** Events for as long as the token that they were asked for with is good. */
function stream(
  source: EventSource,
  {
    route: { access },
    request: { headers },
    surface,
    authentication,
  }: { route: Route; request: RawRequest; surface: Surface; authentication: Authentication },
) {
  return streamEvents(source, async () => {
    if (access.who === 'anyone' || access.who === 'visitor') return true
    return typeof (await callerOf(access.who, headers, surface, authentication)) !== 'string'
  })
}

/** Claims that nobody has signed yet are for the gateway alone (enrollment E-23). */
async function requireGateway(
  { headers }: RawRequest,
  { dialect }: Surface,
  authentication: Authentication,
): Promise<void> {
  const credential = headers[gatewayCredentialHeader]
  const caller =
    typeof credential === 'string' ? await authentication.service(`Bearer ${credential}`) : ('missing' as const)
  if (typeof caller === 'string') throw new Refusal(dialect.unauthenticated(caller))
  if (caller.name !== 'gateway') throw new Refusal(dialect.unauthenticated('invalid'))
}

async function authenticate(
  route: Route,
  { headers }: Pick<RawRequest, 'headers'>,
  surface: Surface,
  authentication: Authentication,
): Promise<AccountCaller | ServiceCaller | undefined> {
  if (route.access.who === 'anyone') return undefined
  if (route.access.who === 'visitor') {
    const caller = await callerOf('account', headers, surface, authentication)
    return typeof caller !== 'string' && caller.kind === 'account' && caller.scopes.includes(wholeScope)
      ? caller
      : undefined
  }
  const caller = await callerOf(route.access.who, headers, surface, authentication)
  if (typeof caller === 'string') throw new Refusal(surface.dialect.unauthenticated(caller))
  return caller
}

function callerOf(
  who: 'account' | 'service',
  headers: RawRequest['headers'],
  { dialect, credential, issuers }: Surface,
  authentication: Authentication,
): Soon<AccountCaller | ServiceCaller | NoCaller> {
  const authorization = authorizationOf(headers, credential, dialect)
  return who === 'account' ? authentication.account(authorization, issuers) : authentication.service(authorization)
}

/** A token that comes in a header of its own is the same token. */
function authorizationOf(
  headers: RawRequest['headers'],
  credential: Surface['credential'],
  dialect: Dialect,
): string | undefined {
  const { authorization } = headers
  if (credential !== 'x-access-token') return authorization
  const token = headers['x-access-token']
  if (authorization !== undefined) throw new Refusal(dialect.badRequest('The token belongs into x-access-token alone'))
  return typeof token === 'string' ? `Bearer ${token}` : undefined
}

/** Who is asking. The gateway says so, whatever the client said; empty where no gateway was in between. */
export function clientAddressOf({ headers }: Pick<RawRequest, 'headers'>): string {
  const address = headers['x-forwarded-for']
  return typeof address === 'string' ? address : ''
}

interface Parts {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
}

function read(route: Route, request: Parts, dialect: Dialect, validators: Record<Part, Validator | undefined>): Parts {
  const issues: Issue[] = []
  const part = (name: Part, schema: TSchema | undefined, input: unknown): unknown => {
    const validator = validators[name]
    if (!schema || !validator) return undefined
    const reading = dialect.read(schema, input, name)
    issues.push(...reading.issues)
    // A lenient reading has to end in what the schema says, or the handler would be told a lie.
    if (reading.issues.length === 0 && !validator.Check(reading.value)) {
      issues.push({ type: 'value_error', loc: [name], msg: 'Value error, not what the schema says', input: null })
    }
    return reading.value
  }
  const input = {
    params: part('path', route.params, request.params),
    query: part('query', route.query, request.query),
    headers: part('header', route.headers, request.headers),
    body: part('body', route.body ?? route.form, request.body),
  }
  if (issues.length > 0) throw new Refusal(dialect.invalid(issues))
  return input
}

interface Caller {
  readonly caller: unknown
  readonly clientAddress: string
}

type Verdict = ReturnType<typeof judgeRights | typeof judgeOwner>

/** Scope and role, which need nothing of the request but its token. */
function checkRights(route: Route, caller: AccountCaller | ServiceCaller | undefined, surface: Surface): void {
  const { access } = route
  if (access.who === 'account' && caller?.kind === 'account') enforce(judgeRights(access, caller), route, surface)
  if (access.who === 'service' && !(caller?.kind === 'service' && access.from.includes(caller.name))) {
    enforce('wrong-role', route, surface)
  }
}

/** Whether it is the caller's own, which only the request says. */
function checkOwner(
  route: Route,
  caller: AccountCaller | ServiceCaller | undefined,
  input: Parts,
  surface: Surface,
): void {
  const { access } = route
  if (access.who === 'account' && caller?.kind === 'account') enforce(judgeOwner(access, caller, input), route, surface)
}

function enforce(verdict: Verdict, route: Route, surface: Surface): void {
  if (verdict === 'allowed') return
  if (verdict === 'wrong-scope') {
    throw new InsufficientScope(route.access.who === 'account' ? route.access.scope : undefined)
  }
  const forbidden = route.forbidden ?? surface.forbidden[route.door]
  if (!forbidden) throw new TypeError(`${surface.name} has no words for a caller who may not use ${route.name}`)
  throw new Refusal(forbidden[verdict])
}

function complete<R extends Route>(input: Parts & Caller): HandlerInput<R> {
  if (!isComplete<R>(input)) throw new TypeError('a handler was called without its input')
  return input
}

/** The parts were checked against the route's own schemas, and the caller by its access: see `read` and `authenticate`. */
function isComplete<R extends Route>(input: Parts & Caller): input is HandlerInput<R> {
  return 'params' in input && 'query' in input && 'headers' in input && 'body' in input
}

function compile(schema: TSchema | undefined): Validator | undefined {
  return schema && Compile(schema)
}
