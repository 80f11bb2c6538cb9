import type { IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import { type Dispatcher as Undici, errors, Pool } from 'undici'
import { suitPage } from '../answer-headers.ts'
import { isWithheld } from '../header-hygiene.ts'
import { writeReply } from '../write-reply.ts'
import type { BodyPolicy, Dispatch, Dispatcher } from './dispatcher.ts'

export interface OverHttpOptions {
  /** Such as `http://127.0.0.1:9090`. */
  readonly baseUrl: string
  /** How long the service may take to begin its answer, and how long it may pause in it, in milliseconds. */
  readonly timeoutMs?: number
}

/** Streams requests to a service in another process and its answers back, on connections that are kept. */
export function overHttpDispatcher({ baseUrl, timeoutMs = 30_000 }: OverHttpOptions): Dispatcher {
  const pool = new Pool(baseUrl, {
    connections: 128,
    connectTimeout: 2000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return {
    dispatch(dispatch) {
      send(pool, dispatch)
    },
    turn: () => ({
      url: baseUrl,
      answered: () => undefined,
      failed: () => undefined,
      abandoned: () => undefined,
    }),
    close: () => pool.close(),
  }
}

function send(pool: Pool, { request, response, body: policy, dialect }: Dispatch): void {
  const body = bodyOf(request, policy)
  let finished = false

  pool.dispatch(
    {
      method: methodOf(request),
      path: request.url ?? '/',
      headers: headersOf(request),
      body: body ?? null,
    },
    {
      onRequestStart(controller) {
        response.on('close', () => {
          if (!finished) controller.abort(new Error('the client went away'))
        })
      },
      onResponseStart(controller, status, headers) {
        for (const [name, value] of Object.entries(headers)) {
          if (value !== undefined && !isWithheld(name)) response.setHeader(name, value)
        }
        suitPage(response)
        response.writeHead(status)
        response.on('drain', () => controller.resume())
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause()
      },
      onResponseEnd() {
        finished = true
        response.end()
      },
      onResponseError(_controller, error) {
        finished = true
        if (response.headersSent || response.destroyed) {
          // Half an answer must not look like a whole one.
          response.destroy()
          return
        }
        if (error instanceof BodyTooLarge) writeReply(response, dialect.tooLarge(policy.limitBytes))
        else if (isTimeout(error)) writeReply(response, dialect.timedOut())
        else writeReply(response, dialect.unavailable(1))
      },
    },
  )
}

class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/** The route table has let no other method through than those of its routes, or any that HTTP has. */
function methodOf({ method = 'GET' }: IncomingMessage): Undici.HttpMethod {
  return method
}

/** A body without a declared length is counted on its way. */
function bodyOf(request: IncomingMessage, { taken, limitBytes }: BodyPolicy): Readable | undefined {
  if (!taken) {
    request.resume()
    return undefined
  }
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= limitBytes) done(null, chunk)
      else done(new BodyTooLarge('the body is too large'))
    },
  })
  // What is left of it is read and dropped: a client that is still sending would not hear the answer.
  counted.on('error', () => request.unpipe(counted).resume())
  request.on('error', (error) => counted.destroy(error))
  return request.pipe(counted)
}

function headersOf(request: IncomingMessage): string[] {
  const headers: string[] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const key = name.toLowerCase()
    // undici frames the body itself, and knows its length from the stream or not at all.
    if (key !== 'transfer-encoding' && key !== 'content-length' && key !== 'expect') {
      headers.push(name, request.rawHeaders[index + 1] ?? '')
    }
  }
  return headers
}

function isTimeout(error: Error): boolean {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
}
