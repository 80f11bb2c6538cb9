import type { IncomingMessage, ServerResponse } from 'node:http'
import { suitPage } from '../answer-headers.ts'
import { withheldBy } from '../policy/header-hygiene.ts'

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Whether a body follows, be it an empty one (RFC 9112 §6.3). */
export function isFramed({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** The headers as they came, which the door has cleaned; undici frames a body of unknown length itself. */
export function requestHeaders({ headers, rawHeaders }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] === undefined && headers.expect === undefined) return rawHeaders
  const kept: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const key = name.toLowerCase()
    if (key !== 'transfer-encoding' && key !== 'expect') kept.push(name, rawHeaders[index + 1] ?? '')
  }
  return kept
}

/** Says to the client what a service has said. */
export function takeOver(headers: AnswerHeaders, response: ServerResponse): void {
  const isWithheld = withheldBy(headers['connection'])
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined && !isWithheld(name)) response.setHeader(name, value)
  }
  suitPage(response)
}

/** Whether an answer goes on until its client leaves. */
export function isEventStream({ 'content-type': type }: AnswerHeaders): boolean {
  return typeof type === 'string' && type.startsWith('text/event-stream')
}
