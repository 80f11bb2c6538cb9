import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import type { GachaId, GachaName, Rarity } from '../catalogue/gacha.ts'

/** A UUID, lower case. The wallet knows the charge of a roll under the same id, so a retry charges nothing twice. */
export type RollId = Brand<string, 'RollId'>

/**
 * A roll is `drawn` first and settled once:
 * - `delivered`: paid, and one copy given;
 * - `refused`: the wallet said no, nothing was paid;
 * - `void`: nothing was paid, and can be no more;
 * - `forfeited`: paid, but the collection was closed before the copy came, so that nobody is left to give it to.
 */
export type RollState = 'drawn' | 'delivered' | 'refused' | 'void' | 'forfeited'

/** What a draw came to, and what it can be repeated with. */
export interface Draw {
  readonly gachaId: GachaId
  readonly name: GachaName
  readonly rarity: Rarity
  readonly seed: Buffer
  /** What the player added, printable ASCII; empty when it was nothing. */
  readonly clientSeed: string
  /** 1, and one more each time that what was drawn was removed before it could be delivered. */
  readonly attempt: number
  /** The digest of the catalogue that was drawn from. */
  readonly catalogue: Buffer
  /** What was promised for the player's next roll. */
  readonly nextCommitment: Buffer
}

export interface Roll {
  readonly id: RollId
  readonly uid: AccountId
  readonly gachaId: GachaId
  readonly state: RollState
  /** What another draw needs; null for one that was rolled before rolls could be verified. */
  readonly seed: Buffer | null
  readonly clientSeed: string | null
  readonly attempt: number | null
}

/** An entry of a catalogue that was drawn from. */
export interface SnapshotLot {
  readonly name: string
  readonly rarity: Rarity
}

/** A roll in a list of its player's. */
export interface RollSummary {
  readonly id: RollId
  readonly state: RollState
  /** Undefined until it is delivered. */
  readonly won: { readonly name: GachaName; readonly rarity: Rarity } | undefined
  readonly rolledAt: Date
}

/** A roll with all that its player may see of it. */
export interface RollRecord extends RollSummary {
  /** The image is null when the gacha has been removed since. */
  readonly won: { readonly name: GachaName; readonly rarity: Rarity; readonly image: string | null } | undefined
  /** Only once the roll is settled: until then, who sees the seed could still see to it that nothing can be charged. */
  readonly proof: Proof | undefined
}

/** What everybody can repeat the draw with. */
export interface Proof {
  readonly commitment: Buffer
  readonly seed: Buffer
  readonly clientSeed: string
  readonly attempt: number
  readonly catalogue: readonly SnapshotLot[]
  readonly nextCommitment: Buffer
}

/** The wallet took nothing: not enough TUX, or a player it does not know. */
export class PaymentRefused extends Rejection {
  override name = 'PaymentRefused'
  readonly code = 'payment-refused'
  readonly reason = 'payment'
  constructor() {
    super('the roll could not be paid')
  }
}

/** There is nothing to draw; nothing was charged. */
export class EmptyCatalogue extends Rejection {
  override name = 'EmptyCatalogue'
  readonly code = 'empty-catalogue'
  readonly reason = 'conflict'
  constructor() {
    super('there is no gacha to roll for')
  }
}

/** Whether the roll was paid is not known yet, or it was and its copy is owed. It is settled without the caller. */
export class RollUnsettled extends Rejection {
  override name = 'RollUnsettled'
  readonly code = 'roll-unsettled'
  readonly reason = 'busy'
  constructor() {
    super('the roll is not settled yet: if it was paid, its gacha will be in the collection')
  }
}

/** It took so long that the charge was made void before it came: nothing was paid, and the caller may try again. */
export class RollInterrupted extends Rejection {
  override name = 'RollInterrupted'
  readonly code = 'roll-interrupted'
  readonly reason = 'busy'
  constructor() {
    super('the roll was interrupted and not paid')
  }
}

/** The key belongs to a roll with another text of the player's. */
export class KeyReused extends Rejection {
  override name = 'KeyReused'
  readonly code = 'idempotency-key-reused'
  readonly reason = 'invalid'
  constructor() {
    super('the Idempotency-Key was used for a roll with another client_seed')
  }
}

/** There is no such roll of the caller's. */
export class UnknownRoll extends Rejection {
  override name = 'UnknownRoll'
  readonly code = 'unknown-roll'
  readonly reason = 'not-found'
  constructor() {
    super('the caller has no such roll')
  }
}
