import { type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http'

/** Promises of the test that is running, made anew by it. */
export const moments = {
  /** Settled when a request that waits is there. */
  arrived: Promise.withResolvers(),
  /** Settled when its client has left. */
  left: Promise.withResolvers(),
  /** Settled when an answer that has begun may end. */
  slowly: Promise.withResolvers(),
}

/** The service behind the gateway: says what reached it. */
export const echo: RequestListener = (request, response) => {
  if (request.url?.endsWith('/hang-up')) {
    request.socket.destroy()
    return
  }
  if (request.url?.endsWith('/half')) {
    response.writeHead(200, { 'content-length': '10' })
    response.write('half')
    setImmediate(() => request.socket.destroy())
    return
  }
  if (request.url?.endsWith('/nothing')) {
    response.writeHead(204, { 'set-cookie': ['a=1', 'b=2'] }).end()
    return
  }
  if (request.url?.endsWith('/hints')) response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
  if (request.url?.endsWith('/slowly')) {
    response.writeHead(200).flushHeaders()
    void moments.slowly.promise.then(() => response.end('at last'))
    return
  }
  if (request.url?.endsWith('/early')) {
    request.once('data', () => response.writeHead(409).end())
    return
  }
  if (request.url?.endsWith('/patience')) {
    response.on('close', () => moments.left.resolve(undefined))
    moments.arrived.resolve(undefined)
    return
  }
  if (request.url?.endsWith('/large')) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (let n = 0; n < 64; n += 1) response.write('x'.repeat(64 * 1024))
    response.end()
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-from': 'service' })
    const { method, url, headers } = request
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  })
}

export interface Echo {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function parseEcho(text: string): Echo {
  return JSON.parse(text)
}

interface Send {
  readonly method: string
  readonly headers?: Record<string, string>
  readonly chunks: readonly string[]
}

/** Sends a body piece by piece, and takes the answer also when the server closes before the last piece. */
export function send(url: string, { method, headers = {}, chunks }: Send): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  let answered = false
  const request = httpRequest(url, { method, headers }, (response: IncomingMessage) => {
    answered = true
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  request.on('error', (error) => {
    if (!answered) reject(error)
  })
  for (const chunk of chunks) request.write(chunk)
  if (headers['content-length'] === undefined) request.end()
  else request.flushHeaders()
  return promise
}
