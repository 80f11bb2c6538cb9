import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { type HistoryPage, type PageRequest, readHistory, readHistoryPage } from './history-store.ts'
import { type Balances, type Funds, rollPrice, type Tux } from './money.ts'
import { closePlayer } from './closing.ts'
import { knownUid, lockBalances, readBalances, readState } from './player-store.ts'
import { CannotAfford, NegativeAmount, NotEnoughTux, TransferConflict, UnknownPlayer } from './rejections.ts'
import type { WalletDatabase } from './tables.ts'
import { transact } from './transact.ts'
import { findTransfer, recordOpening, recordTransfer, recordVoid } from './transfer-store.ts'
import {
  type Decision,
  decideOpening,
  decidePurchase,
  decideRoll,
  hashOf,
  type RecordedTransfer,
  type TransferId,
  type TransferRequest,
} from './transfer.ts'

/** What one can want of the wallet. A `uid` that is no UUID is a player nobody knows. */
export interface Ledger {
  /** Opens the accounts of a new player, once; a player who was closed stays closed. */
  openPlayer(uid: AccountId): Promise<'open' | 'closed'>
  /** Releases all holds, takes back what is in the accounts and closes them; also before they were opened. */
  closePlayer(uid: AccountId): Promise<void>
  /** @throws {UnknownPlayer} */
  balances(uid: string): Promise<Funds>
  /**
   * Buys TUX for fiat and says what is left. The same again under the same id has the first outcome.
   *
   * @throws {NegativeAmount}
   * @throws {CannotAfford} and the attempt is in the history
   * @throws {UnknownPlayer}
   * @throws {TransferConflict}
   */
  buy(uid: string, amount: Tux, id: TransferId): Promise<Outcome>
  /**
   * Takes the price of a roll. The same again under the same id has the first outcome.
   *
   * @throws {NotEnoughTux} and the attempt is in the history
   * @throws {UnknownPlayer}
   * @throws {TransferConflict} also when the charge was made void before it came
   */
  chargeRoll(uid: string, id: TransferId): Promise<void>
  /**
   * Makes sure that a roll is not charged any more, and says whether it was.
   *
   * @throws {TransferConflict} when the id is of something else than a roll
   */
  voidRollCharge(id: TransferId): Promise<'charged' | 'not-charged'>
  /**
   * Purchases and rolls, refused ones too, and sales that the player paid or was paid for, oldest first.
   *
   * @throws {UnknownPlayer}
   */
  history(uid: string): Promise<readonly RecordedTransfer[]>
  /**
   * A part of the same, newest first.
   *
   * @throws {UnknownPlayer}
   */
  historyPage(uid: string, page: PageRequest): Promise<HistoryPage>
}

/** What came of a request, now or when it first came. */
export interface Outcome {
  readonly state: 'booked' | 'refused'
  /** What the player had afterwards. */
  readonly after: Balances
  readonly at: Date
}

export function createLedger({ db, clock }: { db: Kysely<WalletDatabase>; clock: Clock }): Ledger {
  /** Decides a request and writes it down; under an id that was used, gives the first outcome. */
  async function settle(request: TransferRequest, decide: (balances: Balances) => Decision): Promise<Outcome> {
    return transact(db, async (tx) => {
      const balances = await lockBalances(tx, request.uid)
      const at = clock.now()
      const decision = balances && decide(balances)
      if (decision && (await recordTransfer(tx, request, decision, at))) return { ...decision, at }
      // A retry may come when the player has gone: it still gets the first outcome.
      const earlier = await findTransfer(tx, request.id)
      if (!earlier) throw new UnknownPlayer(request.uid)
      const { state, after, requestHash } = earlier
      if (state === 'voided' || !after || !requestHash.equals(hashOf(request))) throw new TransferConflict(request.id)
      return { state, after, at: earlier.at }
    })
  }

  return {
    async openPlayer(uid) {
      // Of two at once the second waits until the first is done, and finds the player there.
      const opened = await recordOpening(db, { id: newId(), kind: 'opening', uid }, decideOpening(), clock.now())
      return opened ? 'open' : ((await readState(db, uid)) ?? 'closed')
    },

    async closePlayer(uid) {
      await transact(db, (tx) => closePlayer(tx, uid, clock.now()))
    },

    async balances(uid) {
      const balances = await readBalances(db, knownUid(uid))
      if (!balances) throw new UnknownPlayer(uid)
      return balances
    },

    async buy(uid, amount, id) {
      if (amount < 0n) throw new NegativeAmount()
      const request: TransferRequest = { id, kind: 'purchase', uid: knownUid(uid), requested: amount }
      const outcome = await settle(request, (balances) => decidePurchase(balances, amount))
      if (outcome.state === 'refused') throw new CannotAfford(uid, amount)
      return outcome
    },

    async chargeRoll(uid, id) {
      const request: TransferRequest = { id, kind: 'roll', uid: knownUid(uid), requested: rollPrice }
      const outcome = await settle(request, decideRoll)
      if (outcome.state === 'refused') throw new NotEnoughTux(rollPrice)
    },

    async voidRollCharge(id) {
      if (await recordVoid(db, id, clock.now())) return 'not-charged'
      const earlier = await findTransfer(db, id)
      if (earlier?.kind !== 'roll') throw new TransferConflict(id)
      return earlier.state === 'booked' ? 'charged' : 'not-charged'
    },

    async history(uid) {
      const history = await readHistory(db, knownUid(uid))
      if (!history) throw new UnknownPlayer(uid)
      return history
    },

    async historyPage(uid, page) {
      const player = knownUid(uid)
      if ((await readState(db, player)) !== 'open') throw new UnknownPlayer(uid)
      return readHistoryPage(db, player, page)
    },
  }
}
