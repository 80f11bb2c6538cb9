/** So many requests in so many seconds. */
export interface Rate {
  readonly requests: number
  readonly seconds: number
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
