import { type AnswerHead, longestHead, readAnswerHead } from './answer-head.ts'
import { GarbledAnswer } from './errors.ts'

/** Hears of one answer after the other. */
export interface AnswerListener {
  onHead(head: AnswerHead): void
  /** A piece of the body, which is to be used before this returns: its memory is needed again. */
  onBody(piece: Buffer): void
  /** The connection speaks another protocol from here on. @returns whether that was asked for */
  onUpgrade(head: AnswerHead, rest: Buffer): boolean
  /** @param isClean whether it is beyond doubt that what comes next is the next answer */
  onEnd(isClean: boolean): void
}

/** What is read next: `idle` is nothing, `length` a body of known length, `end` one that lasts as long as the connection. */
type State = 'idle' | 'head' | 'length' | 'size' | 'piece' | 'piece-end' | 'trailer' | 'end'

const lineFeed = 0x0a
/** So many answers may come that are none yet, such as 103, before the one that is. */
const mostEarly = 32
/** The line before a piece of a body, its extensions included, in bytes. */
const longestSizeLine = 1024
const sizeForm = /^([\da-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/i

/** Takes apart what comes over a connection, on which one answer at a time is expected (RFC 9112 §6 and §7). */
export class AnswerReader {
  readonly #listener: AnswerListener
  #state: State = 'idle'
  #method = ''
  #early = 0
  /** The beginning of a head or a line that has not come whole. */
  #text = ''
  /** What is left of the body, or of a piece of it, in bytes. */
  #left = 0
  /** What trailers may still take, in bytes. */
  #trailerRoom = 0

  constructor(listener: AnswerListener) {
    this.#listener = listener
  }

  /** Whether an answer is expected and its head has not come whole. */
  get awaitsHead(): boolean {
    return this.#state === 'head'
  }

  /** From now on the answer to a request with this method is expected. */
  expect(method: string): void {
    this.#state = 'head'
    this.#method = method
    this.#early = 0
    this.#text = ''
  }

  /** Nothing is expected any more: what still comes is not looked at. */
  stop(): void {
    this.#state = 'idle'
  }

  /** The other side has ended the connection. @returns whether that is how the answer ends */
  endOfConnection(): boolean {
    if (this.#state !== 'end') return false
    this.#end(false)
    return true
  }

  /**
   * Reads what has come.
   *
   * @throws {GarbledAnswer} nothing that comes over this connection can be understood any more
   */
  read(bytes: Buffer): void {
    let position = 0
    while (position < bytes.length && this.#state !== 'idle') position = this.#step(bytes, position)
  }

  /** @returns where the next step begins */
  #step(bytes: Buffer, start: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, start)
      case 'length':
        return this.#readBody(bytes, start, 'idle')
      case 'piece':
        return this.#readBody(bytes, start, 'piece-end')
      case 'size':
        return this.#readSize(bytes, start)
      case 'piece-end':
        return this.#readPieceEnd(bytes, start)
      case 'trailer':
        return this.#readTrailer(bytes, start)
      case 'end':
        this.#listener.onBody(bytes.subarray(start))
        return bytes.length
      case 'idle':
      default:
        return bytes.length
    }
  }

  #readHead(bytes: Buffer, start: number): number {
    const before = this.#text
    const text = before + bytes.toString('latin1', start, start + longestHead)
    const end = text.indexOf('\r\n\r\n', Math.max(0, before.length - 3))
    if (end > longestHead || (end < 0 && text.length >= longestHead)) {
      throw new GarbledAnswer('the head of the answer is too long')
    }
    if (end < 0) {
      this.#text = text
      return bytes.length
    }
    this.#text = ''
    const head = readAnswerHead(text.slice(0, end + 2))
    const next = start + end + 4 - before.length
    if (head.status === 101) {
      if (!this.#listener.onUpgrade(head, bytes.subarray(next)))
        throw new GarbledAnswer('nobody asked for another protocol')
      this.#state = 'idle'
    } else if (head.status >= 200) this.#begin(head, next === bytes.length)
    else if (++this.#early > mostEarly) throw new GarbledAnswer('the answer does not begin')
    return next
  }

  #begin(head: AnswerHead, isAll: boolean): void {
    const { status, framing } = head
    const isBodiless = this.#method === 'HEAD' || status === 204 || status === 304 || framing === 0
    if (isBodiless) this.#state = 'length'
    else if (framing === 'chunked') this.#state = 'size'
    else if (framing === undefined) this.#state = 'end'
    else this.#state = 'length'
    this.#left = !isBodiless && typeof framing === 'number' ? framing : 0
    this.#trailerRoom = longestHead
    this.#listener.onHead(head)
    // Who sends a body all the same, as some do after HEAD, would have it taken for the next answer.
    const isDoubtful = this.#method === 'HEAD' || (status === 204 && framing !== undefined && framing !== 0)
    if (isBodiless && this.#state === 'length') this.#end(isAll && !isDoubtful)
  }

  #readBody(bytes: Buffer, start: number, then: 'idle' | 'piece-end'): number {
    const end = Math.min(bytes.length, start + this.#left)
    this.#left -= end - start
    const state = this.#state
    this.#listener.onBody(bytes.subarray(start, end))
    // Who heard of it may have had enough.
    if (this.#left > 0 || this.#state !== state) return end
    if (then === 'idle') this.#end(end === bytes.length)
    else this.#state = then
    return end
  }

  #readSize(bytes: Buffer, start: number): number {
    const [line, end] = this.#readLine(bytes, start, longestSizeLine)
    if (line === undefined) return end
    const size = sizeForm.exec(line)?.[1]
    if (size === undefined) throw new GarbledAnswer('a piece of the answer does not say how long it is')
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'piece'
    return end
  }

  #readPieceEnd(bytes: Buffer, start: number): number {
    const [line, end] = this.#readLine(bytes, start, 2)
    if (line === undefined) return end
    if (line !== '\r\n') throw new GarbledAnswer('a piece of the answer is longer than it says')
    this.#state = 'size'
    return end
  }

  /** What is said behind a body is not passed on. */
  #readTrailer(bytes: Buffer, start: number): number {
    const [line, end] = this.#readLine(bytes, start, this.#trailerRoom)
    if (line === undefined) return end
    this.#trailerRoom -= line.length
    if (line === '\r\n') this.#end(end === bytes.length)
    else if (!line.endsWith('\r\n')) throw new GarbledAnswer('what comes behind the answer is not HTTP/1.1')
    return end
  }

  /** @returns the line with its end, once it has come whole, and where the next begins */
  #readLine(bytes: Buffer, start: number, longest: number): [line: string | undefined, end: number] {
    const found = bytes.indexOf(lineFeed, start)
    const end = found < 0 ? bytes.length : found + 1
    if (this.#text.length + end - start > longest) throw new GarbledAnswer('a line of the answer is too long')
    const line = this.#text + bytes.toString('latin1', start, end)
    this.#text = found < 0 ? line : ''
    return [found < 0 ? undefined : line, end]
  }

  #end(isClean: boolean): void {
    this.#state = 'idle'
    this.#listener.onEnd(isClean)
  }
}
