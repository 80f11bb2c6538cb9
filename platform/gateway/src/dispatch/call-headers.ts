import type { IncomingMessage } from 'node:http'
import { headersOfPage } from '../answer-headers.ts'
import type { DoorResponse } from '../door-response.ts'
import type { AnswerHead } from '../http-client/answer-head.ts'
import { withheldBy } from '../policy/header-hygiene.ts'

/** Whether a body follows, be it an empty one (RFC 9112 §6.3). */
export function isFramed({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** What a client is told of the headers of an answer. */
export function passedOn({ status, headers, connection }: AnswerHead): string[] {
  const isWithheld = withheldBy(connection)
  const kept: string[] = []
  let length: string | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const [name = '', value = ''] = [headers[index], headers[index + 1]]
    if (name === 'content-length') length = value
    else if (!isWithheld(name)) kept.push(name, value)
  }
  // Last, since Node reads `Content-Disposition` behind it in another way, in which it may be unfit. And never where
  // nothing can follow (RFC 9110 §8.6).
  if (length !== undefined && status >= 200 && status !== 204) kept.push('content-length', length)
  return kept
}

/** Says to the client what a service has said. */
export function takeOver(head: AnswerHead, response: DoorResponse): void {
  const kept = passedOn(head)
  if (headerOf(kept, 'content-type')?.startsWith('text/html') === true) response.say(...headersOfPage)
  response.writeHead(head.status, kept)
}

/** Whether an answer goes on until its client leaves. */
export function isEventStream({ headers }: AnswerHead): boolean {
  return headerOf(headers, 'content-type')?.startsWith('text/event-stream') === true
}

/** The first value of this name, in small letters. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1]
  return undefined
}
