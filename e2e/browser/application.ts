import { createServer } from 'node:http'
import { afterAll, beforeAll } from 'vitest'
import { addClient, begin, connect, type RegisteredClient } from '../openid/clients.ts'

/** A program that people sign in to, at an origin of its own. */
export interface Application {
  /** Where people are sent back to. */
  readonly callback: string
  readonly afterSignOut: string
  /** Adds it to the installation, once more. */
  add(details?: Readonly<Record<string, unknown>>): Promise<RegisteredClient>
  /** The authorization page of one that was added. */
  signInUrl(client: RegisteredClient, params?: Readonly<Record<string, string>>): Promise<string>
}

const answer = '<!doctype html><html lang="en"><title>Back at the program</title><link rel="icon" href="data:,">'

/** A program for the tests of a file: it answers every request with a page. */
export function useApplication(): Application {
  let origin = ''
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/html' }).end(answer)
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the program has no port')
    origin = `http://127.0.0.1:${address.port}`
  })

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const application: Application = {
    get callback() {
      return `${origin}/callback`
    },
    get afterSignOut() {
      return `${origin}/signed-out`
    },
    add(details = {}) {
      const { callback, afterSignOut } = application
      return addClient({ redirect_uris: [callback], post_logout_redirect_uris: [afterSignOut], ...details })
    },
    async signInUrl(client, params = {}) {
      const journey = await begin(await connect(client), { redirect_uri: application.callback, ...params })
      return journey.url.href
    },
  }
  return application
}
