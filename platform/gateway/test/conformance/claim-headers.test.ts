import { request as httpRequest } from 'node:http'
import { enrollment, wholeScope } from '@sallyport/contracts'
import { type AccountId, newId } from '@sallyport/kernel'
import type { AccountCaller, Authentication } from '@sallyport/service'
import { describe, expect, it } from 'vitest'
import { openDoors } from '../doors.ts'
import { modes, wayTo } from './ways.ts'

const ada: AccountCaller = {
  kind: 'account',
  accountId: newId<AccountId>(),
  sessionId: 'session',
  username: 'ada',
  role: 'user',
  roles: ['student', 'instructor', 'registrar'],
  scopes: [wholeScope],
  expiresAt: Math.floor(Date.now() / 1000) + 900,
}
const authentication: Authentication = {
  account: async (authorization) => (authorization === 'Bearer ada' ? ada : 'missing'),
  service: async () => 'invalid',
}

describe.each(modes)('claim headers of the enrollment system, %s', async (mode) => {
  const { dispatcher, arrivals } = await wayTo(mode, (_request, response) => response.end('{}'))
  const { addresses } = await openDoors(dispatcher, {
    contracts: [enrollment.enrollmentContract],
    dispatchers: new Map([[enrollment.enrollmentContract.name, dispatcher]]),
    authentication,
  })

  /** What arrives of `X-User` and `X-Roles`, each as often as it does. */
  async function arriving(method: string, path: string, forged: Record<string, string | string[]>) {
    arrivals.length = 0
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const headers = { authorization: 'Bearer ada', 'content-length': '0', ...forged }
    const sent = httpRequest(addresses.public, { method, path, headers, agent: false }, (response) =>
      response.resume().on('end', resolve),
    )
    sent.on('error', reject).end()
    await promise
    const [arrival] = arrivals
    const raw = arrival?.rawHeaders ?? []
    const said = raw.flatMap((name, index) =>
      index % 2 === 0 && /^x-(?:user|roles)$/i.test(name) ? [[name.toLowerCase(), raw[index + 1]]] : [],
    )
    const { 'x-user': user, 'x-roles': roles, authorization } = arrival?.headers ?? {}
    return { said, read: [user, roles], authorization }
  }
  const told = {
    said: [
      ['x-user', 'ada'],
      ['x-roles', 'student,instructor,registrar'],
    ],
    read: ['ada', 'student,instructor,registrar'],
    // Services verify the token themselves and trust it alone.
    authorization: 'Bearer ada',
  }
  const routes = enrollment.enrollmentContract.surfaces.flatMap((surface) => surface.routes)

  it.each(routes.filter(({ door }) => door === 'public').map(({ method, path }) => [method, path] as const))(
    'E-46 say who calls: %s %s',
    async (method, path) => expect(await arriving(method, path.replaceAll(/:\w+/g, '1'), {})).toEqual(told),
  )

  it.each<[string, Record<string, string | string[]>]>([
    ['as they are', { 'X-User': 'mallory', 'X-Roles': 'registrar' }],
    ['in lower case', { 'x-user': 'mallory', 'x-roles': 'registrar' }],
    ['in any case', { 'x-USER': 'mallory', 'X-rOLES': 'registrar' }],
    ['doubled', { 'X-User': ['mallory', 'eve'], 'X-Roles': ['registrar', 'admin'] }],
    ['named by Connection', { connection: 'x-user, x-roles', 'X-User': 'mallory', 'X-Roles': 'registrar' }],
  ])('E-45 T-6 are never what the client says: %s', async (_how, forged) => {
    expect(await arriving('GET', '/api/sections', forged)).toEqual(told)
  })
})
