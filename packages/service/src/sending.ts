import { Readable } from 'node:stream'
import type { Reply } from '@sallyport/contracts'
import type { FastifyReply } from 'fastify'
import { eventStreamHeaders } from './event-stream.ts'
import { isFileContent } from './files.ts'

/** Sends what a handler or a dialect has answered: a file, events as they come, nothing, or JSON. */
export function send(reply: FastifyReply, { status, headers, body }: Reply): void {
  if (isFileContent(body)) {
    void reply
      .code(status)
      .headers({
        'cache-control': 'no-store',
        'content-type': body.mediaType,
        ...(body.size !== undefined && { 'content-length': body.size }),
        ...headers,
      })
      .send(body.content)
    return
  }
  if (body instanceof Readable) {
    void reply
      .code(status)
      .headers({ ...eventStreamHeaders, ...headers })
      .send(body)
    return
  }
  if (status === 204 || status === 304) {
    void reply
      .code(status)
      .headers({ 'cache-control': 'no-store', ...headers })
      .send()
    return
  }
  // Answers are about somebody: no cache on the way may keep them, unless the route says otherwise.
  void reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'content-type': 'application/json', ...headers })
    // Fastify sends a bare null as no body at all; in JSON it is four letters (market §5: one gacha that is absent).
    .send(body === null ? 'null' : body)
}
