import type { IncomingMessage } from 'node:http'
import { headersOfPage } from '../answer-headers.ts'
import type { DoorResponse } from '../door-response.ts'
import type { AnswerHead } from '../http-client/answer-head.ts'
import { withheldBy } from '../policy/header-hygiene.ts'

/** Whether a body follows, be it an empty one (RFC 9112 §6.3). */
export function isFramed({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** Says to the client what a service has said. */
export function takeOver({ status, headers, connection }: AnswerHead, response: DoorResponse): void {
  const isWithheld = withheldBy(connection)
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const [name = '', value = ''] = [headers[index], headers[index + 1]]
    if (!isWithheld(name)) kept.push(name, value)
  }
  if (headerOf(kept, 'content-type')?.startsWith('text/html') === true) response.say(...headersOfPage)
  response.writeHead(status, kept)
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
