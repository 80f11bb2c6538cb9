import type { IncomingHttpHeaders } from 'node:http'

/** The head of a request that is plain. */
export interface PlainHead {
  readonly method: 'GET' | 'HEAD'
  readonly target: string
  /** Names as they came, and values, in turn. */
  readonly rawHeaders: string[]
  /** By name, in small letters. */
  readonly headers: IncomingHttpHeaders
}

const requestLine = /(GET|HEAD) (\/[\w\-.~!$&'()*+,;=:@/?%]*) HTTP\/1\.1\r\n/y
/** Lines of printable ASCII, none of which goes on with the one before, and an empty one. */
const wholeHead = /^(?:[\x21-\x7e][\x20-\x7e]*\r\n)+\r\n$/
const beginningOfHead = /^(?:GET|HEAD) \/[\x20-\x7e]*(?:\r\n[\x21-\x7e][\x20-\x7e]*)*(?:\r|\r\n\r?)?$/
const fieldName = /^[!#$%&'*+.^`|~\w-]+$/

/**
 * With these a body may follow, the client waits for a word first, another protocol is meant, or the connection ends. And
 * one that Node has a list for.
 */
const meaningMore = new Set([
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'proxy-connection',
  'set-cookie',
])

/** Longer headers are read anew each time, in bytes. */
const longestRemembered = 4096

/**
 * Reads requests (RFC 9112 §2 to 5) that can be read in one way only: one is whole, has no body, nothing comes behind it,
 * its connection is kept, every name comes once, and all of it is written as nearly every client writes. Whatever else may
 * be a request as well is none here.
 */
export class PlainHeadReader {
  readonly #mostHeaders: number
  /** What a client has said last, which most say with their next request too; nothing is no head. */
  #block: string | undefined
  #rawHeaders: readonly string[] = []
  #headers: IncomingHttpHeaders = {}

  constructor(mostHeaders: number) {
    this.#mostHeaders = mostHeaders
  }

  /** @param text what has come, in latin1 */
  read(text: string): PlainHead | undefined {
    requestLine.lastIndex = 0
    const line = requestLine.exec(text)
    if (!line) return undefined
    const [{ length: start }, method, target = '/'] = line
    if (!this.#readHeaders(text.slice(start))) return undefined
    return {
      method: method === 'HEAD' ? 'HEAD' : 'GET',
      target,
      rawHeaders: [...this.#rawHeaders],
      headers: { ...this.#headers },
    }
  }

  #readHeaders(block: string): boolean {
    if (block === this.#block) return true
    if (!wholeHead.test(block)) return false
    const rawHeaders: string[] = []
    const headers: Record<string, string> = {}
    const last = block.length - 2
    for (let at = 0; at < last;) {
      const end = block.indexOf('\r\n', at)
      const colon = block.indexOf(': ', at)
      if (colon < 0 || colon + 2 >= end) return false
      const name = block.slice(at, colon)
      const value = block.slice(colon + 2, end)
      const key = name.toLowerCase()
      if (!fieldName.test(name) || value.startsWith(' ') || value.endsWith(' ')) return false
      // What every object has by itself counts as said before, which does no harm.
      if (headers[key] !== undefined || meaningMore.has(key)) return false
      if (key === 'connection' && value.toLowerCase() !== 'keep-alive') return false
      headers[key] = value
      rawHeaders.push(name, value)
      at = end + 2
    }
    if (headers['host'] === undefined || rawHeaders.length > 2 * this.#mostHeaders) return false
    this.#block = block.length <= longestRemembered ? block : undefined
    this.#rawHeaders = rawHeaders
    this.#headers = headers
    return true
  }
}

/** Whether this may become a plain head once the rest of it has come. */
export function beginsPlainHead(text: string): boolean {
  return beginningOfHead.test(text)
}
