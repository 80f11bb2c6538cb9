import { enrollmentDialect } from '../dialects/enrollment.ts'
import type { Surface } from '../route.ts'

/**
 * What is below `/api` and no service's: the enrollment system is the one that has words for errors everywhere (enrollment
 * E-31, E-50). Others say nothing of the body.
 */
export const unknownPaths: Surface = {
  name: 'gateway.unknown-paths',
  dialect: enrollmentDialect,
  decidedBy: 'door',
  prefixes: { public: '/api' },
  forbidden: {},
  routes: [],
}
