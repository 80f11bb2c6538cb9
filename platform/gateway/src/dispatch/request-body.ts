import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
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

/**
 * A body that is passed on as it comes, and counted. Nothing is taken from the request before the first read, which is
 * when a connection is there: until then another one like it can take its place.
 */
export class StreamedBody extends Readable {
  readonly #request: IncomingMessage
  readonly #limitBytes: number
  #bytes = 0
  #started = false

  constructor(request: IncomingMessage, limitBytes: number) {
    super()
    this.#request = request
    this.#limitBytes = limitBytes
    // Whoever sends it hears of an error too, as long as it is interested; nobody else is.
    this.on('error', () => undefined)
  }

  get untouched(): boolean {
    return !this.#started
  }

  override _read(): void {
    if (!this.#started) this.#start()
    this.#request.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError)
    // What is left of it is read and dropped: a client that is still sending would not hear the answer.
    if (this.#started) this.#request.resume()
    done(error)
  }

  #start(): void {
    this.#started = true
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limitBytes) this.destroy(new BodyTooLarge('the body is too large'))
    else if (!this.push(chunk)) this.#request.pause()
  }

  readonly #onEnd = (): void => {
    this.push(null)
  }

  readonly #onError = (error: Error): void => {
    this.destroy(new BodyBroken('the body broke off', { cause: error }))
  }
}
