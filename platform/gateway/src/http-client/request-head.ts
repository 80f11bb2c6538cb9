import { UnsendableRequest } from './errors.ts'

/** How the body of a request is framed: its length in bytes, or pieces of which each says its own; absent without a body. */
export type RequestFraming = number | 'chunked' | undefined

const anyMethod = /^[!#$%&'*+.^_`|~\w-]+$/
/** What may stand in a request line between its spaces. */
const anyTarget = /^[\x21-\x7e\x80-\xff]+$/
const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The head of a request (RFC 9112 §3), up to and including its empty line, in latin1. Framing is for this to say: what the
 * headers say about it is left out.
 *
 * @param headers names and values in turn
 * @param protocol what the connection is to speak afterwards, if it is another one
 * @throws {UnsendableRequest} when a line would end elsewhere than it should
 */
export function requestHead(
  {
    method,
    target,
    headers,
  }: { readonly method: string; readonly target: string; readonly headers: readonly string[] },
  framing: RequestFraming,
  protocol?: 'websocket',
): string {
  if (!anyMethod.test(method)) throw new UnsendableRequest('the method has letters that none has')
  if (!anyTarget.test(target)) throw new UnsendableRequest('the path has letters that none has')
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (!fieldName.test(name) || !fieldValue.test(value))
      throw new UnsendableRequest('a header has letters that none has')
    if (!isFraming(name)) head += `${name}: ${value}\r\n`
  }
  if (protocol !== undefined) head += `connection: upgrade\r\nupgrade: ${protocol}\r\n`
  if (framing === 'chunked') head += 'transfer-encoding: chunked\r\n'
  else if (framing !== undefined) head += `content-length: ${framing}\r\n`
  return `${head}\r\n`
}

/** Lengths first, since nearly no name has one of these. */
function isFraming(name: string): boolean {
  const { length } = name
  if (length !== 14 && length !== 17 && length !== 6 && length !== 10) return false
  const key = name.toLowerCase()
  // What is expected was given already: the body is on its way.
  return key === 'content-length' || key === 'transfer-encoding' || key === 'expect' || key === 'connection'
}
