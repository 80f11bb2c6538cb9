import type { Brand } from '@sallyport/kernel'

/*
 * Money is counted in whole numbers of the smallest unit. With TUX in millionths and fiat in six-millionths the price,
 * 1.2 TUX for 1 fiat, is exact both ways: one unit of TUX costs five units of fiat.
 */

/** Millionths of a TUX. */
export type Tux = Brand<bigint, 'Tux'>
/** Six-millionths of a fiat unit. */
export type Fiat = Brand<bigint, 'Fiat'>

/** What a player owns, without what is frozen in bids. */
export interface Balances {
  readonly tux: Tux
  readonly fiat: Fiat
}

const tuxUnits = 1_000_000n
const fiatUnits = 6_000_000n
const fiatUnitsPerTuxUnit = 5n
const tuxDecimals = 6

/** What a player owns, and what of the TUX is frozen in bids on top of it. */
export interface Funds extends Balances {
  readonly held: Tux
}

/** More than all that can be asked for on the wire: 2^53 TUX are 5 · 10^22 units of fiat. */
const limitUnits = 10n ** 23n

/** So many millionths as TUX. */
export function tux(millionths: bigint): Tux {
  if (!isAmount<Tux>(millionths)) throw new RangeError(`${millionths} is no amount of TUX`)
  return millionths
}

/** So many six-millionths as fiat. */
export function fiat(sixMillionths: bigint): Fiat {
  if (!isAmount<Fiat>(sixMillionths)) throw new RangeError(`${sixMillionths} is no amount of fiat`)
  return sixMillionths
}

function isAmount<Amount extends Tux | Fiat>(units: bigint): units is Amount {
  return -limitUnits < units && units < limitUnits
}

/** How many TUX one fiat buys, for the price list (market §7). */
export const tuxPrice = Number(fiatUnits) / Number(fiatUnitsPerTuxUnit * tuxUnits)
export const rollPrice = tux(10n * tuxUnits)
/** What a new player is given (market §7). */
export const openingFiat = fiat(1000n * fiatUnits)

/** The fiat that an amount of TUX costs, exactly. */
export function costOf(amount: Tux): Fiat {
  return fiat(amount * fiatUnitsPerTuxUnit)
}

/**
 * Reads a number of TUX as the client wrote it: by its shortest decimal form, since `12.34 * 1000000` would not be
 * whole.
 *
 * @throws {RangeError} for more than six decimals, which the contract refuses before
 */
export function parseTux(wire: number): Tux {
  const amount = readTux(wire)
  if (amount === undefined) throw new RangeError(`${wire} TUX are not a whole number of millionths`)
  return amount
}

/** The same, where the contract does not refuse: undefined for more than six decimals. */
export function readTux(wire: number): Tux | undefined {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(String(wire))
  if (!match) return undefined
  const [, sign, whole = '', decimals = ''] = match
  const millionths = BigInt(whole + decimals.padEnd(tuxDecimals, '0'))
  return tux(sign === '-' ? -millionths : millionths)
}

/** TUX as a decimal with at least one place: `70.0`, `12.34` (market §7). */
export function formatTux(amount: Tux): string {
  const digits = (amount < 0n ? 0n - amount : amount).toString().padStart(tuxDecimals + 1, '0')
  const decimals = digits.slice(-tuxDecimals).replace(/0+$/, '') || '0'
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -tuxDecimals)}.${decimals}`
}

/** TUX as a number on the wire: the nearest there is. */
export function tuxToNumber(amount: Tux): number {
  return Number(formatTux(amount))
}

/** Fiat as a number on the wire: the nearest there is, since a sixth has no end. */
export function fiatToNumber(amount: Fiat): number {
  // The whole part and the rest are each exact, where all units together may be more than a number holds.
  return Number(amount / fiatUnits) + Number(amount % fiatUnits) / Number(fiatUnits)
}

/**
 * What an amount costs, as a decimal with at least one place: `1000.0`. It is `amount / 1.2` as every client computes it
 * (market §7), which in the last digit is not always the number nearest to the cost that is booked.
 */
export function formatCost(amount: Tux): string {
  const value = tuxToNumber(amount) / tuxPrice
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}
