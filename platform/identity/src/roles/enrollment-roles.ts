import type { Role } from './role.ts'

/** The roles that people have in the enrollment system (enrollment E-13), the strongest first. */
export const enrollmentRoles = [
  { name: 'registrar', level: 20 },
  { name: 'instructor', level: 30 },
  { name: 'student', level: 40 },
] as const satisfies readonly Role[]

export type EnrollmentRoleName = (typeof enrollmentRoles)[number]['name']

/** Those of somebody's roles that count in the enrollment system. */
export function enrollmentRolesOf(roles: readonly Pick<Role, 'name'>[]): EnrollmentRoleName[] {
  const names = new Set<string>(roles.map(({ name }) => name))
  return enrollmentRoles.map(({ name }) => name).filter((name) => names.has(name))
}
