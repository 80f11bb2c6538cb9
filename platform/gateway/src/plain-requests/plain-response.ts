import { DoorResponse } from '../door-response.ts'
import { type Held, releaseAtEndOfTurn } from '../end-of-turn.ts'
import type { PlainRequest } from './plain-request.ts'

type Told = (error?: Error | null) => void

/**
 * The answer to a plain request. One that is written in one piece goes out with all others of this turn of the event loop;
 * for whoever asks, it has ended at once.
 */
export class PlainResponse extends DoorResponse implements Held {
  /** What it was ended with in this turn. */
  #whole: Whole | undefined
  #isInPieces = false

  /** @param keptMs for how long its connection is kept for another request, of which its client is told */
  constructor(request: PlainRequest, keptMs: number) {
    super(request)
    // As Node's server tells its answers.
    Reflect.set(this, '_keepAliveTimeout', keptMs)
  }

  /** Whether its connection ends with it: Node knows more reasons than that somebody said so. */
  get isLast(): boolean {
    return Reflect.get(this, '_last') === true
  }

  override end(callback?: Told): this
  override end(chunk: unknown, callback?: Told): this
  override end(chunk: unknown, encoding: BufferEncoding, callback?: Told): this
  override end(chunk?: unknown, encoding?: BufferEncoding | Told, callback?: Told): this {
    // What ends it may say so once more.
    if (this.#whole && (chunk ?? encoding ?? callback ?? undefined) === undefined) return this
    // Without a head Node would find out the length from this piece.
    const isWhole = this.headersSent && !this.#isInPieces && !this.finished
    const whole = isWhole ? wholeOf(chunk, encoding, callback) : undefined
    if (!whole) {
      this.release()
      return typeof encoding === 'string'
        ? super.end(chunk, encoding, callback)
        : super.end(chunk, encoding ?? callback)
    }
    this.#whole = whole
    this.finished = true
    releaseAtEndOfTurn(this)
    return this
  }

  override write(chunk: unknown, callback?: Told): boolean
  override write(chunk: unknown, encoding: BufferEncoding, callback?: Told): boolean
  override write(chunk: unknown, encoding?: BufferEncoding | Told, callback?: Told): boolean {
    this.release()
    this.#isInPieces = true
    return typeof encoding === 'string'
      ? super.write(chunk, encoding, callback)
      : super.write(chunk, encoding ?? callback)
  }

  /** There is room again: as Node's server tells its answers. */
  drained(): void {
    const flush: unknown = Reflect.get(this, '_flush')
    if (typeof flush === 'function') Reflect.apply(flush, this, [])
  }

  release(): void {
    const whole = this.#whole
    if (!whole) return
    this.#whole = undefined
    this.finished = false
    super.end(whole.body, whole.encoding)
  }
}

interface Whole {
  readonly body: string | Uint8Array | undefined
  readonly encoding: BufferEncoding
}

/** A whole answer, unless there is something to it that Node has to look at, or somebody who waits for its end. */
function wholeOf(chunk: unknown, encoding: unknown, callback: unknown): Whole | undefined {
  const body = chunk ?? undefined
  const coding = encoding ?? 'utf8'
  if (typeof callback === 'function' || typeof coding !== 'string' || !Buffer.isEncoding(coding)) return undefined
  const isBody = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  return isBody ? { body, encoding: coding } : undefined
}
