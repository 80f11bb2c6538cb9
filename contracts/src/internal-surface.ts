import { problem, problemDetails } from './dialects/problem-details.ts'
import type { Route, Surface } from './route.ts'

const notForYou = problem(403, 'Forbidden', { detail: 'this service may not call this' })

/** What a service offers other services: on no door, in problem details, open only to those a route names. */
export function internalSurface(service: string, routes: readonly Route[]): Surface {
  return {
    name: `${service}.internal`,
    dialect: problemDetails,
    decidedBy: 'service',
    prefixes: { internal: `/internal/${service}` },
    forbidden: { internal: { 'wrong-role': notForYou, 'not-self': notForYou } },
    routes,
  }
}
