import { type Brand, Rejection } from '@sallyport/kernel'

/** A UUID, lower case. */
export type GachaId = Brand<string, 'GachaId'>

/** 1 to 30 of the letters a–z and A–Z, `!`, `?` and `_` (market §5); upper and lower case are different names. */
export type GachaName = Brand<string, 'GachaName'>

/** From 1, the most common, to 5. On the wire it is a string. */
export type Rarity = 1 | 2 | 3 | 4 | 5

export const rarities: readonly Rarity[] = [1, 2, 3, 4, 5]

/** One entry of the catalogue. */
export interface Gacha {
  readonly id: GachaId
  readonly name: GachaName
  readonly rarity: Rarity
  /** PNG in base64 for the stock catalogue; whatever an administrator likes for the others. */
  readonly image: string
}

/** What a player gets to see of a gacha in a list. */
export type ShownGacha = Pick<Gacha, 'name' | 'image'>

/** What an administrator writes to make or modify a gacha, as it came. */
export interface GachaRequest {
  readonly name: string
  readonly rarity: string
  readonly image: string
}

// Without the u and i flags a letter class is ASCII, and without m the end is the end: no trailing line break passes.
const namePattern = /^[A-Za-z!?_]{1,30}$/

/** Whether a text can be the name of a gacha at all; what cannot names nothing, and the database need not be asked. */
export function isGachaName(text: string): text is GachaName {
  return namePattern.test(text)
}

/** @throws {InvalidName} */
export function parseName(text: string): GachaName {
  if (!isGachaName(text)) throw new InvalidName()
  return text
}

/** Exactly `1` to `5`: no blanks, no leading zeros. @throws {InvalidRarity} */
export function parseRarity(text: string): Rarity {
  const rarity = rarities.find((rarity) => String(rarity) === text)
  if (rarity === undefined) throw new InvalidRarity()
  return rarity
}

export class InvalidName extends Rejection {
  override name = 'InvalidName'
  readonly code = 'invalid-name'
  readonly reason = 'invalid'
  constructor() {
    super('a name is 1 to 30 letters, exclamation marks, question marks and underscores')
  }
}

export class InvalidRarity extends Rejection {
  override name = 'InvalidRarity'
  readonly code = 'invalid-rarity'
  readonly reason = 'invalid'
  constructor() {
    super('a rarity is one of "1" to "5"')
  }
}

export class NameTaken extends Rejection {
  override name = 'NameTaken'
  readonly code = 'name-taken'
  readonly reason = 'conflict'
  constructor() {
    super('there is a gacha of this name')
  }
}

export class UnknownGacha extends Rejection {
  override name = 'UnknownGacha'
  readonly code = 'unknown-gacha'
  readonly reason = 'not-found'
  constructor() {
    super('there is no gacha of this name')
  }
}
