import type { IncomingMessage } from 'node:http'
import type { BodyTaker, PiecewiseBody } from '../http-client/exchange.ts'
import type { RequestFraming } from '../http-client/request-head.ts'
import type { BodyPolicy } from './dispatcher.ts'

/** A body without a declared length turned out to be larger than its route takes. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/** A body broke off on its way from the client. */
export class BodyBroken extends Error {
  override name = 'BodyBroken'
}

/** A body up to this length, in bytes, is read before it is sent: it goes out in one piece, and again where it may. */
export const gatheredLimitBytes = 16 * 1024

/** How a request's body travels. */
export type BodyWay = 'none' | 'gathered' | 'streamed'

export function bodyWayOf({ headers }: IncomingMessage, { taken }: BodyPolicy): BodyWay {
  if (!taken) return 'none'
  if (headers['transfer-encoding'] !== undefined) return 'streamed'
  const length = Number(headers['content-length'] ?? 0)
  if (length === 0) return 'none'
  return length <= gatheredLimitBytes ? 'gathered' : 'streamed'
}

/** Reads a short body, whose length Node's parser holds to what was declared. Of a client that leaves nothing is heard. */
export function gather(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const [first] = chunks
    done(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks))
  })
}

/** How the body says where it ends, behind the gateway. */
export function framingOf({ method, headers }: IncomingMessage, way: BodyWay): RequestFraming {
  if (way === 'none') return isAwaited(method) ? 0 : undefined
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length']) : 'chunked'
}

/** Methods whose requests say also that they have no body (RFC 9110 §8.6). */
function isAwaited(method: string | undefined): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

/**
 * A body that is passed on as it comes, and counted. Nothing is taken from the request before a connection is there: until
 * a piece of it has come, another one like it can take its place.
 */
export class StreamedBody implements PiecewiseBody {
  readonly isChunked: boolean
  readonly stallMs: number
  readonly #request: IncomingMessage
  readonly #limitBytes: number
  #bytes = 0
  #taker: BodyTaker | undefined
  #touched = false

  /** @param stallMs for how long the instance may take nothing of it, in milliseconds */
  constructor(request: IncomingMessage, limitBytes: number, stallMs: number) {
    this.isChunked = request.headers['transfer-encoding'] !== undefined
    this.stallMs = stallMs
    this.#request = request
    this.#limitBytes = limitBytes
  }

  /** Whether nothing of it has gone anywhere. */
  get untouched(): boolean {
    return !this.#touched
  }

  start(taker: BodyTaker): void {
    this.#taker = taker
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
    // Another one like it may have stopped it.
    this.#request.resume()
  }

  resume(): void {
    this.#request.resume()
  }

  stop(): void {
    this.#taker = undefined
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError)
    // What is left of it is read and dropped: a client that is still sending would not hear the answer.
    if (this.#touched) this.#request.resume()
    else this.#request.pause()
  }

  readonly #onData = (piece: Buffer): void => {
    this.#touched = true
    this.#bytes += piece.length
    if (this.#bytes > this.#limitBytes) this.#taker?.broken(new BodyTooLarge('the body is too large'))
    else if (this.#taker?.piece(piece) === false) this.#request.pause()
  }

  readonly #onEnd = (): void => {
    this.#touched = true
    this.#taker?.end()
  }

  readonly #onError = (error: Error): void => {
    this.#taker?.broken(new BodyBroken('the body broke off', { cause: error }))
  }
}
