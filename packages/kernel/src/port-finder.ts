import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections: one of these could take the place of a process that is stopped
 * for a moment, and who calls a port of its own side may even reach itself.
 */
const first = 21_000
const count = 9000

/**
 * Finds ports of this machine that nobody listens on, one after the other, for whoever has to be at the same port again
 * after a stop. For the same name the same ones are found, if they are free.
 */
export function portFinder(name: string): () => Promise<number> {
  let place = createHash('sha256').update(name).digest().readUInt32BE() % count
  return async () => {
    for (let tries = 0; tries < count; tries += 1) {
      const port = first + place
      place = (place + 1) % count
      if (await isFree(port)) return port
    }
    throw new Error('there is no free port')
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}
