import { createServer, type RequestListener, type Server } from 'node:http'
import { portFinder } from '@sallyport/kernel'

// Nothing else of these tests may take the place of an instance while it is away.
const freePort = portFinder(`instances of ${process.pid}`)

/** A process of the shop, as far as its callers can tell. */
export interface ShopInstance {
  readonly url: string
  /** The requests that reached it. */
  readonly seen: () => number
  /** What it does with requests, from now on. */
  answerWith(listener: RequestListener): void
  kill(): Promise<void>
  /** Comes back on the same port. */
  restart(): Promise<void>
}

/** Starts an instance that answers with its name. */
export async function startInstance(name: string): Promise<ShopInstance> {
  let seen = 0
  let listener: RequestListener = (request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'x-instance': name }).end())
  }
  const port = await freePort()
  const start = (): Promise<Server> => {
    const server = createServer((request, response) => {
      seen += 1
      listener(request, response)
    })
    return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  let server = await start()
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => seen,
    answerWith: (other) => void (listener = other),
    async kill() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    async restart() {
      server = await start()
    },
  }
}
