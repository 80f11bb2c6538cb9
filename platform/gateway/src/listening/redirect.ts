import { problemDetails } from '@sallyport/contracts'
import { answerAlive, asksForHealth } from '../health.ts'
import type { Handler } from './listener.ts'
import { originForm, pathOf } from '../route-table.ts'
import { writeReply } from '../write-reply.ts'

/**
 * Sends whoever comes without TLS to the same place with it (cloud C-85). Where that is the installation knows: what a
 * request calls this server would lead to wherever its sender likes.
 *
 * @param host of the public address, with its port where it is not 443
 */
export function redirectTo(host: string): Handler {
  return {
    request(request, response) {
      const target = originForm(request.url ?? '/')
      if (pathOf(target) === '/health' && asksForHealth('/health', request)) {
        answerAlive(response)
        return
      }
      // `*` and the like: put behind a host they would make another one of it.
      if (!target.startsWith('/')) {
        writeReply(response, problemDetails.badRequest('That is no path'))
        return
      }
      response.writeHead(308, {
        location: `https://${host}${target}`,
        'content-length': 0,
        'cache-control': 'no-store',
      })
      response.end()
    },
  }
}
