import http from 'node:http'
import { text } from 'node:stream/consumers'

/** Somebody at a program that has people sign in here, with the cookies that the program gave them. */
export interface Visitor {
  get(path: string | URL): Promise<Answer>
  /** Where the program sends them when they ask for this. */
  sentTo(path: string | URL): Promise<string>
}

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** Comes to a program for the first time. */
export function visit(address: string): Visitor {
  const cookies = new Map<string, string>()
  const get: Visitor['get'] = async (path) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await ask(new URL(path, address), { accept: 'text/html', ...(cookie !== '' && { cookie }) })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  return {
    get,
    async sentTo(path) {
      const { status, headers } = await get(path)
      if (headers.location === undefined) throw new Error(`answered with ${status}, nobody is sent on`)
      return headers.location
    },
  }
}

/** Not `fetch`, which says of itself that it is a script; programs send only browsers away to sign in. */
async function ask(url: URL, headers: http.OutgoingHttpHeaders): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  http.get(url, { headers, agent: false }, resolve).on('error', reject)
  const response = await promise
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) }
}
