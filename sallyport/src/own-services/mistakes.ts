import { closest, distance } from 'fastest-levenshtein'

/** What is wrong with a configuration, and where: `services.shop.targets[1]`. */
export interface Mistake {
  readonly field: string
  readonly reason: string
}

export function fieldOf(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}

/** What somebody may have meant who wrote what there is not. */
export function nearest(written: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const near = closest(written.toLowerCase(), known)
  const isNear = distance(written.toLowerCase(), near.toLowerCase()) <= Math.max(2, Math.floor(near.length / 3))
  return isNear ? `did you mean ${near}?` : `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`
}
