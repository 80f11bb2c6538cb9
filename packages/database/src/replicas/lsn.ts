import type { Brand } from '@sallyport/kernel'

/** A position in PostgreSQL's write-ahead log, in bytes since its beginning. */
export type Lsn = Brand<bigint, 'Lsn'>

const HIGHEST = 0xffff_ffff_ffff_ffffn

function isLsn(value: bigint): value is Lsn {
  return value >= 0n && value <= HIGHEST
}

function toLsn(value: bigint): Lsn {
  if (!isLsn(value)) throw new RangeError('a position in the log has 64 bits')
  return value
}

/** Before everything. */
export const BEGINNING = toLsn(0n)
/** A position that no copy ever reaches. */
export const BEYOND = toLsn(HIGHEST)

/** Reads what PostgreSQL writes, such as `0/3000148`. */
export function parseLsn(text: string): Lsn {
  const parts = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text)
  if (!parts) throw new TypeError('a position in the log has the form 0/3000148')
  return toLsn((BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`))
}

/** As PostgreSQL writes it. */
export function formatLsn(lsn: Lsn): string {
  const hex = (part: bigint): string => part.toString(16).toUpperCase()
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffff_ffffn)}`
}

export function latest(...positions: readonly Lsn[]): Lsn {
  return positions.reduce((last, position) => (position > last ? position : last), BEGINNING)
}
