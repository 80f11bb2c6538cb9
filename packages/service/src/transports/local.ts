import { ServiceUnreachable, type Transport } from '@sallyport/contracts'
import type { Service } from '../service.ts'

/** Reaches a service of the same process by calling it. */
export function localTransport(service: () => Pick<Service, 'inject'>): Transport {
  return {
    async send({ timeoutMs, ...request }) {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new ServiceUnreachable(`no answer within ${timeoutMs} ms`)), timeoutMs)
      try {
        return await Promise.race([service().inject(request), late.promise])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
