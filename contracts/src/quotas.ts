import type { Door, ServiceContract, Surface } from './route.ts'

/** So many requests in so many seconds. */
export interface Rate {
  readonly requests: number
  readonly seconds: number
}

/** How often something may be called. Every operation that names the same quota uses up the same one. */
export interface Quota {
  /** What it is counted under, and what clients know it by. */
  readonly name: string
  /** Who has one of his own: each API key, each account, or each client address. */
  readonly per: 'key' | 'account' | 'address'
  /** All of these hold at once; without any there is no limit. */
  readonly rates: readonly Rate[]
}

const units: ReadonlyMap<string, number> = new Map([
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
])

/**
 * Reads rates such as `500/minute, 50/second`; `none` is no limit at all.
 *
 * @returns undefined when the text is none of these
 */
export function parseRates(text: string): readonly Rate[] | undefined {
  if (text.trim() === 'none') return []
  const rates = text.split(',').map((part) => {
    const [, requests, unit = ''] = /^\s*([1-9]\d{0,6})\s*\/\s*([a-z]+)\s*$/.exec(part) ?? []
    const seconds = units.get(unit)
    return seconds === undefined ? undefined : { requests: Number(requests), seconds }
  })
  const known = rates.filter((rate) => rate !== undefined)
  return known.length === rates.length ? known : undefined
}

/** Declares a quota. @throws {TypeError} when the rates are not written as `parseRates` reads them */
export function quota(name: string, per: Quota['per'], rates: string): Quota {
  const parsed = parseRates(rates)
  if (!parsed) throw new TypeError(`${rates} are no rates`)
  return { name, per, rates: parsed }
}

/** What a window is called: `hour`, or `90 seconds`. */
export function nameOfWindow({ seconds }: Rate): string {
  for (const [unit, length] of units) if (length === seconds) return unit
  return `${seconds} seconds`
}

/** The contracts with other rates for quotas of these names, as an operator wants them. */
export function withRates(
  contracts: readonly ServiceContract[],
  rates: Readonly<Record<string, readonly Rate[]>>,
): ServiceContract[] {
  return mapQuotas(contracts, (quotas) =>
    quotas.map((one) => {
      const other = rates[one.name]
      return other ? { ...one, rates: other } : one
    }),
  )
}

/** The contracts with one more quota for everything at a door. */
export function withQuotaAt(door: Door, contracts: readonly ServiceContract[], added: Quota): ServiceContract[] {
  return mapQuotas(contracts, (quotas, at) => (at === door ? [...quotas, added] : quotas))
}

type Change = (quotas: readonly Quota[], door: Door | undefined) => readonly Quota[]

function mapQuotas(contracts: readonly ServiceContract[], change: Change): ServiceContract[] {
  return contracts.map((contract) => ({
    ...contract,
    surfaces: contract.surfaces.map((surface) => mapSurface(surface, change)),
  }))
}

function mapSurface(surface: Surface, change: Change): Surface {
  return {
    ...surface,
    quotas: change(surface.quotas ?? [], undefined),
    routes: surface.routes.map((route) => ({ ...route, quotas: change(route.quotas ?? [], route.door) })),
    mounts: (surface.mounts ?? []).map((mount) => ({ ...mount, quotas: change(mount.quotas ?? [], mount.door) })),
  }
}
