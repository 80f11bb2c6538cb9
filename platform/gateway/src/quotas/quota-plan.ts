import { nameOfWindow, type Quota, type ServiceContract } from '@sallyport/contracts'
import type { Counter } from './quota-store.ts'

/** Whom a call is counted for. */
export interface Subjects {
  /** The network that is one client: see `networkOf`. */
  readonly address: string
  readonly account?: string | undefined
  readonly key?: string | undefined
}

/** One window of a quota, as clients hear of it. */
export interface PlannedWindow {
  readonly per: Quota['per']
  /** Such as `pictures/hour`. */
  readonly name: string
  /** Its item in `RateLimit-Policy`. */
  readonly policy: string
  readonly limit: number
  readonly seconds: number
}

export interface PlannedCounter extends Counter {
  readonly window: PlannedWindow
}

/** The windows that the calls of an operation are counted in. */
export interface QuotaPlan {
  readonly windows: readonly PlannedWindow[]
  readonly countsAccounts: boolean
}

/** Works out once what the quotas of an operation ask; nothing when they ask nothing. */
export function planQuotas(quotas: readonly Quota[]): QuotaPlan | undefined {
  const byName = new Map(quotas.map((quota) => [quota.name, quota]))
  const windows = [...byName.values()].flatMap(({ name, per, rates }) =>
    rates.map((rate): PlannedWindow => {
      const { requests: limit, seconds } = rate
      const full = `${name}/${nameOfWindow(rate)}`
      return { per, name: full, policy: `"${full}";q=${limit};w=${seconds}`, limit, seconds }
    }),
  )
  if (windows.length === 0) return undefined
  return { windows, countsAccounts: windows.some(({ per }) => per === 'account') }
}

/** The counters of one call: of windows for whom nobody is known there are none. */
export function countersOf({ windows }: QuotaPlan, subjects: Subjects): PlannedCounter[] {
  return windows.flatMap((window) => {
    const subject = subjects[window.per]
    if (subject === undefined) return []
    const { name, limit, seconds } = window
    return [{ key: `${name}:${subject}`, limit, seconds, window }]
  })
}

/** What a name is made of: it stands in headers and in keys. */
const nameForm = /^[\w. -]{1,60}$/

/** Makes sure that a name means one quota. @throws {TypeError} when it is declared twice in different ways, or is no name */
export function checkQuotas(contracts: readonly ServiceContract[]): void {
  const declared = new Map<string, string>()
  for (const quota of contracts.flatMap(quotasOf)) {
    const meaning = JSON.stringify([quota.per, quota.rates])
    if (!nameForm.test(quota.name)) throw new TypeError(`${JSON.stringify(quota.name)} cannot be the name of a quota`)
    if ((declared.get(quota.name) ?? meaning) !== meaning)
      throw new TypeError(`the quota ${quota.name} is declared twice`)
    declared.set(quota.name, meaning)
  }
}

function quotasOf({ surfaces }: ServiceContract): Quota[] {
  return surfaces.flatMap(({ quotas = [], routes, mounts = [] }) => [
    ...quotas,
    ...[...routes, ...mounts].flatMap((one) => one.quotas ?? []),
  ])
}
