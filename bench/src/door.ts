import { Pool } from 'undici'

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly token?: string
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly text: string
}

/** A door, over connections that are kept. */
export interface Door {
  ask(request: Request): Promise<Reply>
  /** Asks and insists on this status; returns what the body holds. */
  insist(status: number, request: Request): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export function openDoor(address: string, connections: number): Door {
  const pool = new Pool(address, { connections })
  const ask = (request: Request): Promise<Reply> => send(pool, request)
  return {
    ask,
    async insist(status, request) {
      const reply = await ask(request)
      if (reply.status !== status) throw unexpected(request, reply)
      return fieldsOf(reply)
    },
    close: () => pool.close(),
  }
}

export function unexpected({ method, path }: Request, { status, text }: Reply): Error {
  return new Error(`${method} ${path} was answered with ${status}: ${text}`)
}

/** The members of an answer that is an object, and none of any other. */
export function fieldsOf({ text }: Reply): Record<string, unknown> {
  const body: unknown = JSON.parse(text)
  return Object.fromEntries(Object.entries(Object(body)))
}

/** A text that the answer must have. */
export function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new TypeError(`the answer has no ${name}`)
  return value
}

// Dispatching spares the streams of `request`: the cores that send the load are the ones that are measured.
function send(pool: Pool, request: Request): Promise<Reply> {
  const { method, path, token, json, form } = request
  const headers: Record<string, string> = {}
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  if (json !== undefined) headers['content-type'] = 'application/json'
  if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
  const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  let status = 0
  const chunks: Buffer[] = []
  pool.dispatch(
    { method, path, headers, body: body ?? null },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk)
      },
      onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString() }),
      onResponseError: (_controller, error) => reject(error),
    },
  )
  return promise
}
