import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from './parts.ts'

/** Somebody with a token, which opens every place as long as it counts. */
export interface Holder {
  readonly uid: string
  readonly token: string
}

/** Where a token is shown: at a door, or at a service's own port. */
export interface Place {
  readonly name: string
  /** Shows the token there; gives the status of the answer. */
  open(holder: Holder): Promise<number>
}

/** One route of each service and surface, with the header that its token comes in. */
const routes: readonly { readonly service: ServiceName; readonly path: string; readonly header?: 'x-access-token' }[] =
  [
    { service: 'identity', path: '/api/auth/userinfo' },
    { service: 'identity', path: '/authy/user', header: 'x-access-token' },
    { service: 'wallet', path: '/api/tux-management/balances/UID' },
    { service: 'wallet', path: '/v1/wallet/balances' },
    { service: 'gacha', path: '/api/distro/UID/gacha/collection' },
    { service: 'gacha', path: '/v1/gacha/collection' },
    { service: 'auction', path: '/api/auction/auctions' },
  ]

export function placesAtDoors(door: string, adminDoor: string): Place[] {
  return [
    ...routes.map(({ path, header }) => place(`public door ${path}`, door, path, header)),
    place('admin door /admin/api/auth/userinfo', adminDoor, '/admin/api/auth/userinfo'),
  ]
}

export function placesAtPorts(urlOf: (service: ServiceName) => string): Place[] {
  return routes.map(({ service, path, header }) => place(`${service}'s port ${path}`, urlOf(service), path, header))
}

function place(name: string, url: string, path: string, header?: 'x-access-token'): Place {
  return {
    name,
    async open({ uid, token }) {
      const headers = header ? { [header]: token } : { authorization: `Bearer ${token}` }
      const reply = await fetch(`${url}${path.replace('UID', uid)}`, { headers })
      await reply.arrayBuffer()
      return reply.status
    },
  }
}

/** Shows a token at a place until it is refused. See `msUntilRefused`. */
export async function msUntilClosed(place: Place, holder: Holder, limitMs: number): Promise<number> {
  return msUntilRefused(place.name, () => place.open(holder), limitMs)
}

/**
 * Asks until the answer is 401, whatever else is answered until then, and gives the milliseconds after which the request
 * that was refused was made: about 0 when it was the first of all.
 */
export async function msUntilRefused(name: string, ask: () => Promise<number>, limitMs: number): Promise<number> {
  const start = performance.now()
  for (;;) {
    const askedMs = performance.now() - start
    const status = await ask()
    if (status === 401) return askedMs
    if (askedMs > limitMs) throw new Error(`${name} answers ${status}, ${Math.round(askedMs)} ms after the end`)
    await sleep(5)
  }
}
