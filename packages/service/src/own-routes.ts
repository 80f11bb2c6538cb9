import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'
import { isReady, type PartStates } from './readiness.ts'

/** Whether a service can serve by itself, whatever it hears of others, and what there is to be told of it. */
export interface Health {
  readonly isHealthy: boolean
  readonly details: Readonly<Record<string, unknown>>
}

/**
 * On its own port a service tells the gateway and its operator how it is; the doors have a health of their own.
 *
 * @returns shows these metrics from then on
 */
export function addOwnRoutes(
  app: FastifyInstance,
  { state, health }: { readonly state: () => Promise<PartStates>; readonly health: () => Health | Promise<Health> },
): (metrics: Metrics | undefined) => void {
  app.get('/health/ready', async (_request, reply) => {
    const parts = await state()
    return reply.code(isReady(parts) ? 200 : 503).send({ status: isReady(parts) ? 'ready' : 'not ready', parts })
  })

  // Whether it can serve by itself, whatever it hears of others (enrollment E-7).
  app.get('/health', async (_request, reply) => {
    const { isHealthy, details } = await health()
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'healthy' : 'unhealthy', ...details })
  })

  let shown: Metrics | undefined
  app.get('/metrics', async (_request, reply) => {
    if (!shown) return reply.callNotFound()
    return reply
      .header('cache-control', 'no-store')
      .type(shown.contentType)
      .send(await shown.metrics())
  })

  return (metrics) => {
    shown = metrics
  }
}
