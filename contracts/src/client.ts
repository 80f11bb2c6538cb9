import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from './route.ts'

export interface TransportRequest {
  readonly method: Route['method']
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

export interface TransportReply {
  readonly status: number
  readonly body: string
}

/** Carries a request to a service: by a direct call in the same process, or over HTTP. */
export interface Transport {
  /** @throws {ServiceUnreachable} when no answer came in time, or none at all */
  send(request: TransportRequest): Promise<TransportReply>
}

/** No answer came. What was asked may have been done or not. */
export class ServiceUnreachable extends Error {
  override name = 'ServiceUnreachable'
}

/** The service answered with a refusal, as problem details (RFC 9457). */
export class ServiceRefused extends Error {
  override name = 'ServiceRefused'
  readonly status: number
  /** The stable name of the refusal, when it has one. */
  readonly code: string | undefined

  constructor(operation: string, status: number, code: string | undefined) {
    super(`${operation} was refused with ${status}${code === undefined ? '' : ` ${code}`}`)
    this.status = status
    this.code = code
  }
}

export interface ClientOptions {
  readonly transport: Transport
  /** Makes the bearer token of a call. */
  readonly credential: () => string
  /** How long to wait for an answer; market §10 gives a step of a saga 5 s. */
  readonly timeoutMs?: number
}

type InputOf<R> = (R extends { readonly params: TSchema } ? { readonly params: ParamsOf<R> } : unknown) &
  (R extends { readonly query: TSchema } ? { readonly query: QueryOf<R> } : unknown) &
  (R extends { readonly body: TSchema } ? { readonly body: BodyOf<R> } : unknown)

/** Calls a declared route; the answer has the declared shape or the call fails. */
export type Call = <const R extends Route>(route: R, input: InputOf<R>) => Promise<ReplyOf<R>>

/** A client of whatever service the transport leads to. */
export function createClient({ transport, credential, timeoutMs = 5000 }: ClientOptions): Call {
  return async (route, input) => {
    const parts = partsOf(input)
    const reply = await transport.send({
      method: route.method,
      path: pathOf(route, parts),
      headers: {
        authorization: `Bearer ${credential()}`,
        ...(parts.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(parts.body !== undefined && { body: JSON.stringify(parts.body) }),
      timeoutMs,
    })
    return parseReply(route, reply)
  }
}

interface Parts {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

function partsOf(input: unknown): Parts {
  return typeof input === 'object' && input !== null ? input : {}
}

function pathOf(route: Route, { params = {}, query = {} }: Parts): string {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString()
  return search === '' ? path : `${path}?${search}`
}

const validators = new WeakMap<Route, Map<number, Validator>>()

function validatorOf(route: Route, status: number): Validator | undefined {
  const known = validators.get(route) ?? new Map<number, Validator>()
  validators.set(route, known)
  const schema = route.replies[status]
  if (!known.has(status) && schema) known.set(status, Compile(schema))
  return known.get(status)
}

function parseReply<R extends Route>(route: R, reply: TransportReply): ReplyOf<R> {
  // An answer without content (RFC 9110 §15.3.5) says nothing, which contracts write as null.
  const body = reply.status === 204 ? null : parseJson(reply.body)
  if (reply.status >= 500) throw new ServiceUnreachable(`${route.name} was answered with ${reply.status}`)
  const validator = validatorOf(route, reply.status)
  if (!validator) throw new ServiceRefused(route.name, reply.status, codeOf(body))
  const answer: unknown = { status: reply.status, body }
  if (!isReplyOf<R>(answer, validator))
    throw new TypeError(`${route.name} answered something else than its contract says`)
  return answer
}

function isReplyOf<R>(answer: unknown, validator: Validator): answer is ReplyOf<R> {
  return validator.Check(Reflect.get(Object(answer), 'body'))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(body: unknown): string | undefined {
  const code: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}
