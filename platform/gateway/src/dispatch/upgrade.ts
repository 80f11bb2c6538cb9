import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { Client } from 'undici'
import { suitPage } from '../answer-headers.ts'
import { isWithheld } from '../policy/header-hygiene.ts'
import { writeReply } from '../write-reply.ts'
import type { Dispatch, Turn } from './dispatcher.ts'
import { failureOf } from './failure.ts'
import { connectorTo } from './instance.ts'

/** Told of the connection to a service that agreed to speak WebSocket, and of the headers it agreed with. */
export type Accepted = (headers: IncomingHttpHeaders, upstream: Duplex) => void

/** How long a service may take until there is a connection, and until it answers, in milliseconds. */
const connectTimeoutMs = 2000
const answerTimeoutMs = 10_000

/**
 * Asks the instance whose turn it is to speak WebSocket from now on, over a connection that is made for it. It answers
 * with that connection, on which everything that comes is of that protocol, or as it would answer any request.
 */
export function upgradeAt(turn: Turn, { request, response, dialect }: Dispatch, accepted: Accepted): void {
  const client = new Client(turn.url, {
    connect: connectorTo(connectTimeoutMs),
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
  let [sent, answered] = [false, false]
  client.dispatch(
    { method: 'GET', path: request.url ?? '/', headers: request.rawHeaders, upgrade: 'websocket' },
    {
      onRequestStart(controller) {
        response.once('close', () => {
          if (!answered) controller.abort(clientGone)
        })
      },
      onRequestSent() {
        sent = true
      },
      onRequestUpgrade(_controller, _status, headers, connection) {
        answered = true
        turn.answered()
        // Nobody looks at this connection any more, so nobody else would hear that it failed.
        connection.on('error', () => connection.destroy())
        if (String(headers['upgrade']).toLowerCase() === 'websocket' && !response.destroyed) {
          accepted(headers, connection)
          return
        }
        connection.destroy()
        if (!response.destroyed) writeReply(response, dialect.badGateway())
      },
      onResponseStart(controller, status, headers) {
        if (status < 200) return
        turn.answered()
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
        answered = true
        response.end()
        void client.close()
      },
      onResponseError(_controller, error) {
        answered = true
        void client.destroy()
        const failure = failureOf(error, sent)
        if (error === clientGone) turn.abandoned()
        else if (!response.headersSent) turn.failed(failure === 'refused' || failure === 'silent' ? failure : 'lost')
        if (response.headersSent || response.destroyed) response.destroy()
        else if (failure === 'refused') writeReply(response, dialect.unavailable(1))
        else writeReply(response, failure === 'silent' ? dialect.timedOut() : dialect.badGateway())
      },
    },
  )
}

const clientGone = new Error('the client went away')
