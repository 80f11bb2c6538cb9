import type { SignedIn } from '../access.ts'
import { enrollmentDialect, enrollmentRefusal } from '../dialects/enrollment.ts'
import type { Route, Surface } from '../route.ts'

export const student: SignedIn = { who: 'account', roles: ['student'] }
export const instructor: SignedIn = { who: 'account', roles: ['instructor'] }
export const registrar: SignedIn = { who: 'account', roles: ['registrar'] }
export const studentOrInstructor: SignedIn = { who: 'account', roles: ['student', 'instructor'] }
export const anyRole: SignedIn = { who: 'account', roles: ['student', 'instructor', 'registrar'] }

const bodyLimitBytes = 64 * 1024

/** The routes below one path. All of enrollment's speak one dialect, and their door refuses whoever lacks the role. */
export function surface(name: string, path: string, routes: readonly Route[]): Surface {
  const forbidden = enrollmentRefusal(403, 'forbidden', 'your roles do not allow this')
  return {
    name: `enrollment.${name}`,
    dialect: enrollmentDialect,
    decidedBy: 'door',
    prefixes: { public: `/api${path}` },
    ownPrefix: path,
    forbidden: { public: { 'wrong-role': forbidden, 'not-self': forbidden } },
    issuers: ['identity', 'gateway'],
    claimHeaders: true,
    bodyLimitBytes,
    everyBodyIsJson: true,
    routes,
  }
}
