import { clientAddressOf, type HandledRoute } from '@sallyport/service'
import { type RequestLimit, TooManyRequests } from './request-limits.ts'

/** A route that a client may not call more often than its limits say; refused calls go no further. */
export function limited(handled: HandledRoute, limits: readonly RequestLimit[]): HandledRoute {
  return {
    route: handled.route,
    async answer(request, surface, authentication) {
      try {
        for (const limit of limits) await limit.count(clientAddressOf(request))
      } catch (error) {
        if (error instanceof TooManyRequests) return surface.dialect.rejected(error)
        throw error
      }
      return handled.answer(request, surface, authentication)
    },
  }
}
