import { type AccountId, type Clock, newId, parseId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import { type Balances, rollPrice, type Tux } from './money.ts'
import { insertTombstone, lockBalances, markClosed, readBalances, readState } from './player-store.ts'
import { CannotAfford, NegativeAmount, NotEnoughTux, TransferConflict, UnknownPlayer } from './rejections.ts'
import type { WalletDatabase } from './tables.ts'
import { findTransfer, readTransfers, recordOpening, recordTransfer, recordVoid } from './transfer-store.ts'
import {
  type Decision,
  decideClosing,
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
  /** Closes the accounts and takes what is in them back; also before they were opened. */
  closePlayer(uid: AccountId): Promise<void>
  /** @throws {UnknownPlayer} */
  balances(uid: string): Promise<Balances>
  /**
   * Buys TUX for fiat. The same again under the same id has the first outcome.
   *
   * @throws {NegativeAmount}
   * @throws {CannotAfford} and the attempt is in the history
   * @throws {UnknownPlayer}
   * @throws {TransferConflict}
   */
  buy(uid: string, amount: Tux, id: TransferId): Promise<void>
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
   * Purchases and rolls, refused ones too, oldest first.
   *
   * @throws {UnknownPlayer}
   */
  history(uid: string): Promise<readonly RecordedTransfer[]>
}

export function createLedger({ db, clock }: { db: Kysely<WalletDatabase>; clock: Clock }): Ledger {
  function transact<T>(work: (tx: Transaction<WalletDatabase>) => Promise<T>): Promise<T> {
    // The locks rely on it: a statement sees what was committed before it, not before the transaction.
    return db.transaction().setIsolationLevel('read committed').execute(work)
  }

  /** Decides a request and writes it down; under an id that was used, gives the first outcome. */
  async function settle(
    request: TransferRequest,
    decide: (balances: Balances) => Decision,
  ): Promise<'booked' | 'refused'> {
    return transact(async (tx) => {
      const balances = await lockBalances(tx, request.uid)
      const decision = balances && decide(balances)
      if (decision && (await recordTransfer(tx, request, decision, clock.now()))) return decision.state
      // A retry may come when the player has gone: it still gets the first outcome.
      const earlier = await findTransfer(tx, request.id)
      if (!earlier) throw new UnknownPlayer(request.uid)
      if (earlier.state === 'voided' || !earlier.requestHash.equals(hashOf(request)))
        throw new TransferConflict(request.id)
      return earlier.state
    })
  }

  return {
    async openPlayer(uid) {
      // Of two at once the second waits until the first is done, and finds the player there.
      const opened = await recordOpening(db, { id: newId(), kind: 'opening', uid }, decideOpening(), clock.now())
      return opened ? 'open' : ((await readState(db, uid)) ?? 'closed')
    },

    async closePlayer(uid) {
      await transact(async (tx) => {
        const now = clock.now()
        if (await insertTombstone(tx, uid, now)) return
        const balances = await lockBalances(tx, uid)
        if (!balances) return
        await recordTransfer(tx, { id: newId(), kind: 'closing', uid }, decideClosing(balances), now)
        await markClosed(tx, uid, now)
      })
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
      if (outcome === 'refused') throw new CannotAfford(uid, amount)
    },

    async chargeRoll(uid, id) {
      const request: TransferRequest = { id, kind: 'roll', uid: knownUid(uid), requested: rollPrice }
      const outcome = await settle(request, decideRoll)
      if (outcome === 'refused') throw new NotEnoughTux()
    },

    async voidRollCharge(id) {
      if (await recordVoid(db, id, clock.now())) return 'not-charged'
      const earlier = await findTransfer(db, id)
      if (earlier?.kind !== 'roll') throw new TransferConflict(id)
      return earlier.state === 'booked' ? 'charged' : 'not-charged'
    },

    async history(uid) {
      const transfers = await readTransfers(db, knownUid(uid))
      if (transfers.length === 0) throw new UnknownPlayer(uid)
      return transfers.filter(({ kind }) => kind === 'purchase' || kind === 'roll')
    },
  }
}

function knownUid(uid: string): AccountId {
  const id = parseId<AccountId>(uid)
  if (id === undefined) throw new UnknownPlayer(uid)
  return id
}
