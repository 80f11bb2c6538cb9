import { GarbledAnswer } from './errors.ts'

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number
  /** Names, in small letters, and values in turn, in the order they came. */
  readonly headers: readonly string[]
  /** The length of its body in bytes as far as it is declared, or that it comes in pieces. */
  readonly framing: number | 'chunked' | undefined
  /** What `Connection` says. */
  readonly connection: string | undefined
  /** Whether its connection can take another request. */
  readonly isKept: boolean
  /** For how many seconds without a request, where it says so. */
  readonly keptSeconds: number | undefined
}

/** More is no head, in bytes. */
export const longestHead = 16 * 1024

/**
 * A status line and fields, each with its line end (RFC 9112 §4 and §5). What is only tolerated for old times' sake, such as
 * folded lines, spaces before a colon and bare line feeds, is what attacks are made of.
 */
const form =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const lengthForm = /^\d{1,15}$/

/**
 * Reads the head of an answer.
 *
 * @param text in latin1, with the line end of its last field, without the empty line
 * @throws {GarbledAnswer}
 */
export function readAnswerHead(text: string): AnswerHead {
  if (!form.test(text)) throw new GarbledAnswer('the head of the answer is not HTTP/1.1')
  const headers: string[] = []
  let framing: AnswerHead['framing']
  let connection: string | undefined
  let keptSeconds: number | undefined
  let start = text.indexOf('\n') + 1
  while (start < text.length) {
    const colon = text.indexOf(':', start)
    const end = text.indexOf('\r', colon)
    const name = text.slice(start, colon).toLowerCase()
    const value = trimmed(text, colon + 1, end)
    headers.push(name, value)
    if (name === 'content-length' || name === 'transfer-encoding') {
      // With two of them the next answer would begin where somebody likes (RFC 9112 §6.3).
      if (framing !== undefined) throw new GarbledAnswer('the answer is framed twice')
      framing = name === 'content-length' ? lengthOf(value) : codingOf(value)
    } else if (name === 'connection') connection = connection === undefined ? value : `${connection},${value}`
    else if (name === 'keep-alive') keptSeconds = secondsOf(value)
    start = end + 2
  }
  return {
    status: Number(text.slice(9, 12)),
    headers,
    framing,
    connection,
    isKept: text.charAt(7) === '1' && (connection === undefined || !/\bclose\b/i.test(connection)),
    keptSeconds,
  }
}

function lengthOf(value: string): number {
  if (!lengthForm.test(value)) throw new GarbledAnswer('the length of the answer is no number')
  return Number(value)
}

function codingOf(value: string): 'chunked' {
  // Nobody was asked for another coding, and whoever is behind the gateway would not know of it.
  if (value.toLowerCase() !== 'chunked')
    throw new GarbledAnswer('the answer comes in a transfer coding that is not known')
  return 'chunked'
}

function secondsOf(keepAlive: string): number | undefined {
  const found = /(?:^|[\s,])timeout=(\d{1,6})(?:$|[\s,])/i.exec(keepAlive)
  return found ? Number(found[1]) : undefined
}

function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to]
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
