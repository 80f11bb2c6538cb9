import { type Answer, callPath } from './http.ts'
import { adminToken, newToken, type Player, registerPlayer, uniqueName } from './people.ts'

export type EnrollmentRole = 'student' | 'instructor' | 'registrar'

/** Somebody new with these roles, signed in. */
export async function personWith(
  roles: readonly EnrollmentRole[],
  stem: string = roles[0] ?? 'person',
): Promise<Player> {
  const person = await registerPlayer({ username: uniqueName(stem) })
  for (const role of roles) await giveRole(person, role)
  // A role ends the sessions of before, whose tokens know nothing of it.
  return { ...person, token: await newToken(person) }
}

export async function giveRole({ uid }: Pick<Player, 'uid'>, role: EnrollmentRole): Promise<void> {
  const path = `/authy/role/${role}/users/${uid}`
  const answer = await callPath('public', 'POST', path, { headers: { 'x-access-token': await adminToken() } })
  if (answer.status !== 200) throw new Error(`no role ${role}: ${answer.status} ${answer.text}`)
}

export async function takeRole({ uid }: Pick<Player, 'uid'>, role: EnrollmentRole): Promise<void> {
  const path = `/authy/role/${role}/users/${uid}`
  const answer = await callPath('public', 'DELETE', path, { headers: { 'x-access-token': await adminToken() } })
  if (answer.status !== 200) throw new Error(`kept the role ${role}: ${answer.status} ${answer.text}`)
}

/** Asks enrollment at the public door; the path follows `/api`. */
export function ask({ token }: Pick<Player, 'token'>, method: string, path: string, json?: unknown): Promise<Answer> {
  return callPath('public', method, `/api${path}`, { token, ...(json !== undefined && { json }) })
}
