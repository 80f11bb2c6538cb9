import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import net from 'node:net'
import { inspect } from 'node:util'
import { expect, inject } from 'vitest'

export type Door = 'public' | 'admin'

export const bothDoors: readonly Door[] = ['public', 'admin']

/** What a service's paths begin with on each door. */
export const prefixes: Readonly<Record<Door, string>> = { public: '/api', admin: '/admin/api' }

export interface Options {
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly multipart?: Readonly<Record<string, string>>
  /** Sent as it is, with `contentType` if there is one and without the header if there is none. */
  readonly rawBody?: string | Uint8Array
  readonly contentType?: string
  readonly token?: string
  readonly headers?: OutgoingHttpHeaders
  /** Sends the body in chunks, without its length. */
  readonly chunked?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The parsed JSON, or undefined when the text is none. */
  readonly body: unknown
  readonly text: string
}

/** One request to a service; the path follows `/api` on the public door and `/admin/api` on the admin door. */
export function call(door: Door, method: string, path: string, options: Options = {}): Promise<Answer> {
  return callPath(door, method, prefixes[door] + path, options)
}

/** One request to any path of a door. */
export async function callPath(door: Door, method: string, path: string, options: Options = {}): Promise<Answer> {
  const { body, contentType } = await encode(options)
  const headers: OutgoingHttpHeaders = { ...options.headers }
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  if (contentType !== undefined) headers['content-type'] = contentType
  if (options.chunked) headers['transfer-encoding'] = 'chunked'
  else if (body !== undefined) headers['content-length'] = body.byteLength

  const { hostname, port } = new URL(inject('sallyportAddresses')[door])
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const request = http.request({ hostname, port, method, path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(text), text })
    })
  })
  // A server that refuses a body early may close before all of it is written: the answer still counts.
  request.on('error', reject)
  request.end(body)
  return promise
}

/** Sends bytes as they are over one connection and reads until the door closes it. */
export function sendRaw(door: Door, lines: readonly string[] | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(inject('sallyportAddresses')[door])
  const { promise, resolve } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  const socket = net.connect({ host: hostname, port: Number(port) })
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  // A connection that is cut is an answer too; what came before it is judged.
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  socket.write(lines instanceof Uint8Array ? lines : lines.join('\r\n'))
  return promise
}

/** The status of a raw answer; 0 when the door only closed the connection. */
export function statusOf(rawAnswer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(rawAnswer)?.[1] ?? 0)
}

export interface Outcome {
  readonly status: number
  readonly body: unknown
}

/** The part of an answer that tests compare strictly. */
export function outcome({ status, body }: Answer): Outcome {
  return { status, body }
}

/** How several requests for the same thing ended, in no order. */
export function sortedStatuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort((one, other) => one - other)
}

export function refusal(status: number, detail: unknown): Outcome {
  return { status, body: { detail } }
}

export const notAuthenticated = refusal(401, 'Not authenticated')
export const invalidToken = refusal(401, 'Invalid or expired token')
export const notFound = refusal(404, 'Not Found')
export const methodNotAllowed = refusal(405, 'Method Not Allowed')

/** A 422 of the right shape; answers its entries. */
export function validationErrors(answer: Answer): Record<string, unknown>[] {
  expect(answer.status, answer.text).toBe(422)
  const entries = listOf(objectOf(answer.body)['detail'])
  expect(entries.length).toBeGreaterThan(0)
  for (const entry of entries) {
    expect(Object.keys(entry).filter((key) => !['type', 'loc', 'msg', 'input', 'ctx'].includes(key))).toStrictEqual([])
    expect(entry).toMatchObject({ type: expect.any(String), loc: expect.any(Array), msg: expect.any(String) })
    expect(Object.hasOwn(entry, 'input'), `an input in ${answer.text}`).toBe(true)
  }
  return entries
}

/** Expects a 422 that names exactly these places, such as `body.email`, in any order. */
export function expectInvalid(answer: Answer, ...places: readonly string[]): void {
  const named = validationErrors(answer).map(({ loc }) => (Array.isArray(loc) ? loc.join('.') : loc))
  expect(new Set(named)).toStrictEqual(new Set(places))
}

export function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`no object: ${show(value)}`)
  return Object.fromEntries(Object.entries(value))
}

export function listOf(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) throw new TypeError(`no list: ${show(value)}`)
  return value.map(objectOf)
}

/** A string member of an answer's body. */
export function textOf(answer: Answer, name: string): string {
  const value = objectOf(answer.body)[name]
  if (typeof value !== 'string') throw new TypeError(`no ${name} in ${answer.status} ${answer.text}`)
  return value
}

async function encode(options: Options): Promise<{ body?: Uint8Array; contentType?: string }> {
  const { json, form, multipart, rawBody, contentType } = options
  if (json !== undefined)
    return { body: Buffer.from(JSON.stringify(json)), contentType: contentType ?? 'application/json' }
  if (form) {
    const body = Buffer.from(new URLSearchParams(form).toString())
    return { body, contentType: contentType ?? 'application/x-www-form-urlencoded' }
  }
  if (multipart) {
    const parts = new FormData()
    for (const [name, value] of Object.entries(multipart)) parts.append(name, value)
    const encoded = new Response(parts)
    const type = contentType ?? encoded.headers.get('content-type') ?? ''
    return { body: new Uint8Array(await encoded.arrayBuffer()), contentType: type }
  }
  const type = contentType === undefined ? {} : { contentType }
  return rawBody === undefined ? type : { body: Buffer.from(rawBody), ...type }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function show(value: unknown): string {
  return inspect(value).slice(0, 500)
}

/** What an answer shows that is none of a client’s business. */
export const leaks = [
  /\bat .+:\d+:\d+/, // a line of a stack trace
  /node_modules|node:internal|\.ts\b|\.js\b/,
  /\b(?:SELECT|INSERT|UPDATE|DELETE)\b.+\b(?:FROM|INTO|SET)\b/i,
  /\b(?:relation|column|constraint) "|invalid input syntax|invalid byte sequence|\bpg_|postgres|kysely/i,
  /\b(?:TypeError|RangeError|SyntaxError|ReferenceError)\b|Maximum call stack|is not a function|of undefined/,
]

/** Whatever was sent: no failure of the server's own, and nothing in the answer about its inside. */
export function expectHarmless({ status, text }: Pick<Answer, 'status' | 'text'>, what?: string): void {
  expect(status, `${what ?? 'status'}: ${text.slice(0, 300)}`).toBeLessThan(500)
  for (const leak of leaks) expect(text.slice(0, 10_000), what).not.toMatch(leak)
}

/** The same for an answer read off a raw connection, which may also be none. */
export function expectRawHarmless(rawAnswer: string, what?: string): void {
  expectHarmless({ status: statusOf(rawAnswer), text: rawAnswer }, what)
}
