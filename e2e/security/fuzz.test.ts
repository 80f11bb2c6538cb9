import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultOf, type FuzzAnswer } from './fuzz/judge.ts'
import { openIdOperations } from './fuzz/openid-operations.ts'
import { type Operation, readOperations } from './fuzz/operations.ts'
import { type FuzzedRequest, nameThings, requestsTo } from './fuzz/requests.ts'
import { closeConnections, send } from './fuzz/send.ts'
import { type Credential, openWorld, type World } from './fuzz/world.ts'

/*
 * `SALLYPORT_FUZZ_RUNS=500` looks longer, `SALLYPORT_FUZZ_SEED=7` elsewhere. A failure prints seed and path, which repeat
 * it, and the request that was made smaller.
 */
const numRuns = Number(process.env['SALLYPORT_FUZZ_RUNS'] ?? 6)
const seed = Number(process.env['SALLYPORT_FUZZ_SEED'] ?? 20_261_126)
/** As long as it may take: where every request ends somebody, somebody new has to come. */
const timeoutMs = 90_000 * Math.ceil(numRuns / 20)

/** What takes things away comes last. */
const operations = [...readOperations(), ...openIdOperations()].sort(
  (one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'),
)

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(async () => {
  closeConnections()
  await world.stop()
})

/** Strangers, and those who may. */
function credentialsFor({ credentials, door, isForAdministrators }: Operation): Credential[] {
  if (credentials.length === 0) return ['none']
  const whole = isForAdministrators || door === 'admin' ? (['administrator'] as const) : (['player'] as const)
  // Whose gate is a level, administrators pass, too.
  const more = credentials.includes('accessToken') ? (['administrator'] as const) : []
  return ['none', 'garbage', ...whole, ...more, ...(credentials.includes('apiKey') ? (['key'] as const) : [])]
}

/** How each kind of credential is shown to an operation. */
function shown(operation: Operation, which: Credential): Record<string, string> {
  const credential = world.credential(which)
  if (which === 'none') return {}
  if (which === 'key') return { 'x-api-key': credential }
  if (operation.credentials.includes('accessToken')) return { 'x-access-token': credential }
  return { authorization: `Bearer ${credential}` }
}

/** What a request becomes in this installation. */
function withNames({ target, headers, body }: FuzzedRequest): FuzzedRequest {
  const names = world.names()
  return {
    target: nameThings(target, names),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, nameThings(value, names)])),
    body: body === undefined ? undefined : nameThings(body, names),
  }
}

/** Whoever is not let in is refused before much is read. */
function isLetIn({ credentials }: Operation, which: Credential): boolean {
  return credentials.length === 0 || (which !== 'none' && which !== 'garbage')
}

function describeFault(fault: string, { status, text, headers }: FuzzAnswer): string {
  const id = String(headers['x-request-id'])
  const log = world.log().filter((line) => line.includes(id))
  return `${fault}\n${status} ${text.slice(0, 500)}\n${log.join('\n').slice(0, 3000)}`
}

/** Operations after which credentials may be worth nothing. */
const ends = /^(?:delete|end|erase|logOut|remove|suspend|change|reset|assign|modify|rotate|import)/i

describe.each(operations.map((operation, index) => ({ ...operation, index })))(
  'S-C10 $service $method $path',
  (operation) => {
    const door = operation.door
    it.each(credentialsFor(operation))(
      'never fails, whatever is sent with the credential of: %s',
      async (which) => {
        await fc.assert(
          fc.asyncProperty(requestsTo(operation), async (request) => {
            const { target, headers, body } = withNames(request)
            const asked = { target, headers: { ...headers, ...shown(operation, which) }, body }
            const answer = await send(world.addresses[door], operation.method, asked)
            const fault = faultOf(operation, answer)
            if (fault !== undefined) throw new Error(describeFault(fault, answer))
            if (answer.status < 300 && ends.test(operation.name)) await world.renew()
          }),
          { numRuns: isLetIn(operation, which) ? numRuns : Math.ceil(numRuns / 4), seed: seed + operation.index },
        )
        if (ends.test(operation.name)) await world.settle()
      },
      timeoutMs,
    )
  },
)

it('S-C10 these are all endpoints that the OpenID provider says it has', async () => {
  const discovery: unknown = await (
    await fetch(`${world.addresses.public}/oidc/.well-known/openid-configuration`)
  ).json()
  const endpoints = Object.entries(Object(discovery)).flatMap(([name, value]) =>
    /_endpoint$|^jwks_uri$/.test(name) ? [new URL(String(value)).pathname] : [],
  )
  expect(endpoints.length).toBeGreaterThan(8)
  const known = new Set(operations.map(({ path }) => path))
  expect(endpoints.filter((path) => !known.has(path))).toEqual([])
})

it('S-C10 after all of it everything works', async () => {
  const ready = (): Promise<unknown> => fetch(`${world.addresses.public}/health/ready`).then((reply) => reply.json())
  await expect.poll(ready).toMatchObject({ status: 'ready' })
})

it('S-C4 nothing of it has broken a line of the log, or written one', () => {
  const lines = world.log()
  const entries = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  expect(entries.filter(({ msg }) => msg === 'access').length).toBeGreaterThan(operations.length)
  expect(lines.filter((line) => line.startsWith('Set-Cookie'))).toEqual([])
})
