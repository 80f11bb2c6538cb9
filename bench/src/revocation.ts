import { startParts } from '@sallyport/e2e/parts'
import { type Holder, msUntilClosed, type Place, placesAtDoors, placesAtPorts } from '@sallyport/e2e/places'
import { type Door, openDoor, textOf } from './door.ts'
import { withInstallation } from './installation.ts'
import { quantile } from './load.ts'
import { newName, registration, signIn } from './players.ts'

const logouts = 50
/** Longer than this nothing is waited for: it ends the benchmark. */
const limitMs = 5000

/** The time from the answer of a logout to the first refusal of its token, at every door and every service's own port. */
export async function measureRevocation(): Promise<string> {
  const inOne = await withInstallation(1, async ({ program: { addresses }, publicDoor }) =>
    describe('one process', await measure(publicDoor, placesAtDoors(addresses.public, addresses.admin))),
  )
  const parts = await startParts()
  const door = openDoor(parts.door, 1)
  try {
    const places = [...placesAtDoors(parts.door, parts.adminDoor), ...placesAtPorts((service) => parts.urlOf(service))]
    const inSeveral = describe('several processes', await measure(door, places))
    return [`revocation: ${logouts} logouts, the time until a token is refused`, ...inOne, ...inSeveral].join('\n')
  } finally {
    await door.close()
    await parts.stop()
  }
}

async function measure(door: Door, places: readonly Place[]): Promise<Map<string, number[]>> {
  const name = newName()
  const uid = textOf(await door.insist(200, registration(name)), 'uid')
  const times = new Map(places.map((place) => [place.name, [] as number[]]))
  for (let round = 0; round < logouts; round += 1) {
    const holder: Holder = { uid, token: await signIn(door, name) }
    // Verified everywhere before, so that a cached verification is what has to give way.
    await Promise.all(places.map((place) => place.open(holder)))
    await door.insist(200, { method: 'POST', path: '/api/auth/logout', token: holder.token })
    await Promise.all(
      places.map(async (place) => times.get(place.name)?.push(await msUntilClosed(place, holder, limitMs))),
    )
  }
  return times
}

function describe(mode: string, times: ReadonlyMap<string, readonly number[]>): string[] {
  const lines = [...times].map(([name, values]) => {
    const [p50, p99, most] = [quantile(values, 0.5), quantile(values, 0.99), Math.max(...values)]
    return `    ${name.padEnd(50)}  p50 ${p50.toFixed(0)} ms   p99 ${p99.toFixed(0)} ms   max ${most.toFixed(0)} ms`
  })
  return [`  ${mode}`, ...lines]
}
