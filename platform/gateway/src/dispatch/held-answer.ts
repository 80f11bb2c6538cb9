import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { DoorResponse } from '../door-response.ts'

/** What becomes of a held answer: written once, instead of what the service wrote. */
export interface HeldAnswer {
  /** The whole body; undefined when it is longer than it may be, or broke off. Status and headers stand in the response. */
  readonly body: Buffer | undefined
  /** Lets whatever this writes through to the client. */
  readonly answer: (write: () => void) => void
}

interface Holding {
  /** Of which statuses the answer is held; others pass as they come. */
  readonly holds: (status: number) => boolean
  readonly limitBytes: number
}

type HeadArguments = [
  status: number,
  reason?: string | OutgoingHttpHeaders | readonly OutgoingHttpHeader[],
  headers?: OutgoingHttpHeaders | readonly OutgoingHttpHeader[],
]

/**
 * Has an answer wait until it is whole. A service of the same process writes into Node's own response as the way over HTTP
 * does, so that response itself is what has to wait; no other response knows of this.
 */
export function holdAnswer(
  response: DoorResponse,
  { holds, limitBytes }: Holding,
  whole: (held: HeldAnswer) => void,
): void {
  const writeHead = response.writeHead.bind(response)
  const flushHeaders = response.flushHeaders.bind(response)
  const write = response.write.bind(response)
  const end = response.end.bind(response)
  const breakOff = response.breakOff.bind(response)
  const chunks: Uint8Array[] = []
  let size = 0
  let state: 'undecided' | 'passing' | 'holding' | 'held' = 'undecided'

  const isPassing = (): boolean => {
    if (state === 'undecided') state = holds(response.statusCode) ? 'holding' : 'passing'
    return state === 'passing'
  }
  const settle = (body: Buffer | undefined): void => {
    state = 'held'
    chunks.length = 0
    whole({
      body,
      answer(writeAnswer) {
        state = 'passing'
        writeAnswer()
        // What the service still has to say is too late.
        state = 'held'
      },
    })
  }
  const take = (chunk: unknown, encoding: unknown): void => {
    if (state !== 'holding') return
    const bytes = bytesOf(chunk, encoding)
    size += bytes.length
    if (size > limitBytes) settle(undefined)
    else chunks.push(bytes)
  }

  response.writeHead = (...args: HeadArguments) => {
    const [status, reason, headers = reason] = args
    if (state === 'undecided') response.statusCode = status
    if (isPassing()) return Reflect.apply(writeHead, response, args)
    if (state === 'holding' && typeof headers === 'object') setHeaders(response, headers)
    return response
  }
  response.flushHeaders = () => {
    if (isPassing()) flushHeaders()
  }
  response.write = (...args: readonly unknown[]): boolean => {
    if (isPassing()) return Reflect.apply(write, response, args)
    take(args[0], args[1])
    const done = args.at(-1)
    if (typeof done === 'function') queueMicrotask(() => Reflect.apply(done, undefined, []))
    return true
  }
  response.end = (...args: readonly unknown[]): typeof response => {
    if (isPassing()) return Reflect.apply(end, response, args)
    take(args[0], args[1])
    const done = args.at(-1)
    if (typeof done === 'function') response.once('finish', () => Reflect.apply(done, undefined, []))
    if (state === 'holding') settle(Buffer.concat(chunks))
    return response
  }
  // Nothing of it has gone out, so the client can be told.
  response.breakOff = () => {
    if (state === 'holding') settle(undefined)
    else if (state !== 'held') breakOff()
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk !== 'string') return Buffer.alloc(0)
  return Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8')
}

function setHeaders(response: DoorResponse, headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[]): void {
  if (!isList(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
    return
  }
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1]
    if (value !== undefined)
      response.appendHeader(String(headers[index]), typeof value === 'number' ? String(value) : value)
  }
}

function isList(
  headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[],
): headers is readonly OutgoingHttpHeader[] {
  return Array.isArray(headers)
}
