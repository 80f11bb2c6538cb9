import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RawConnection } from '../doors.ts'

/** As the doors have it, only sooner: a second of theirs is twenty milliseconds here. */
export const hurried = {
  headersTimeoutMs: 200,
  leastBodyBytesPerSecond: 500,
  bodyTimeoutMs: 600,
  keepAliveTimeoutMs: 300,
  idleTimeoutMs: 1400,
  checkEveryMs: 50,
}

/** A service that answers when it has the whole of a request. */
export const patient: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end('{}'))
}
/** A request whose answer is 200. */
export const good = 'GET /api/shop/things/good HTTP/1.1\r\nHost: a\r\n\r\n'

/** A request without its body. */
export const head = (line: string, ...headers: string[]): string => [line, 'Host: a', ...headers, '', ''].join('\r\n')

export async function stillOpenFor(connection: RawConnection, ms: number): Promise<boolean> {
  return Promise.race([connection.closed().then(() => false), sleep(ms, true)])
}

/** Writes a little again and again, until the door has had enough. */
export async function trickle(connection: RawConnection, piece: string, everyMs: number): Promise<string> {
  const timer = setInterval(() => connection.socket.write(piece), everyMs)
  const { text } = await connection.closed()
  clearInterval(timer)
  return text
}
