import type { wallet } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import {
  accountOf,
  idIn,
  membershipOf,
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionReaders,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import { fiat, fiatToNumber, tux, tuxToNumber } from '../ledger/money.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import * as store from './export-store.ts'

type Data = wallet.WalletData

/** A page of everything that the ledger holds of an account. @throws {UnknownPerson} @throws {UnknownPage} */
export async function exportPersonalData(
  db: Kysely<WalletDatabase>,
  person: string,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  return readPersonalDataPage(sectionsOf(db, accountOf(person)), place)
}

function sectionsOf(db: Kysely<WalletDatabase>, uid: AccountId): SectionReaders<Data> {
  return {
    membership: async () => ({ sections: { membership: membershipOf(await store.findMembership(db, uid)) } }),

    async balances() {
      const accounts = await store.listAccounts(db, uid)
      const of = (currency: 'tux' | 'fiat') => accounts.find((account) => account.currency === currency)
      const { balance = 0n, held = 0n } = of('tux') ?? {}
      const balances = {
        tux: tuxToNumber(tux(balance - held)),
        fiat: fiatToNumber(fiat(of('fiat')?.balance ?? 0n)),
        tux_held: tuxToNumber(tux(held)),
      }
      return { sections: { balances: accounts.length === 0 ? null : balances } }
    },

    async transactions(place) {
      const page = { before: numberIn(place), limit: place.limit + 1 }
      const { rows, next } = pieceOf(await store.listTransfers(db, uid, page), place, ({ sequence }) => sequence)
      const transactions = rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        state: row.state,
        part: partOf(row, uid),
        tux: tuxToNumber(tux(row.tux)),
        fiat: fiatToNumber(fiat(row.fiat)),
        // What was left to the buyer is the buyer's business.
        tux_balance: row.uid === uid && row.tuxAfter !== null ? tuxToNumber(tux(row.tuxAfter)) : null,
        fiat_balance: row.uid === uid && row.fiatAfter !== null ? fiatToNumber(fiat(row.fiatAfter)) : null,
        auction_id: row.auctionId,
        created_at: row.createdAt.toISOString(),
      }))
      return { sections: { transactions }, next }
    },

    async holds(place) {
      const found = await store.listHolds(db, uid, { after: idIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ id }) => id)
      const holds = rows.map(({ id, amount, state, placedAt, endedAt }) => ({
        id,
        tux: tuxToNumber(tux(amount)),
        state,
        placed_at: placedAt.toISOString(),
        ended_at: endedAt?.toISOString() ?? null,
      }))
      return { sections: { holds }, next }
    },
  }
}

function partOf({ kind, uid }: store.ExportedTransfer, self: AccountId): 'buyer' | 'seller' | null {
  if (kind !== 'sale') return null
  return uid === self ? 'buyer' : 'seller'
}
