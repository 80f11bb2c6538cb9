import { problem, type Reply, type ReplyOf, wallet } from '@sallyport/contracts'
import { idOf, newId, Rejection } from '@sallyport/kernel'
import { created, handle, type HandledRoute, ok, pageRequest } from '@sallyport/service'
import type { Ledger } from '../ledger/ledger.ts'
import { costOf, fiatToNumber, readTux, tuxToNumber } from '../ledger/money.ts'
import { TransferConflict } from '../ledger/rejections.ts'
import type { RecordedTransfer, TransferId } from '../ledger/transfer.ts'

/** The routes that are Sallyport's own: purchases that may be repeated, balances, and the history in pages. */
export function ownRoutes(ledger: Ledger): readonly HandledRoute[] {
  return [
    handle(
      wallet.purchase,
      async ({ headers, body, caller }) => {
        const amount = readTux(body.amount)
        if (amount === undefined) throw new InexactAmount()
        const key = headers['idempotency-key']
        // The ledger keeps every transfer, so the key needs no place of its own and is good for ever.
        const id = key === undefined ? newId<TransferId>() : idOf<TransferId>('purchase', caller.accountId, key)
        const { after, at } = await ledger.buy(caller.accountId, amount, id)
        return created({
          id,
          amount_tux: tuxToNumber(amount),
          cost_fiat: fiatToNumber(costOf(amount)),
          tux_balance: tuxToNumber(after.tux),
          fiat_balance: fiatToNumber(after.fiat),
          created_at: at.toISOString(),
        })
      },
      purchaseWords,
    ),

    handle(wallet.readOwnBalances, async ({ caller }) => {
      const { tux, fiat, held } = await ledger.balances(caller.accountId)
      return ok({ tux: tuxToNumber(tux), fiat: fiatToNumber(fiat), tux_held: tuxToNumber(held) })
    }),

    handle(wallet.pageThroughTransactions, async ({ query, caller }) => {
      const { kind } = query
      const { accountId: uid } = caller
      const { after: before, limit } = pageRequest(query)
      const { transfers, next } = await ledger.historyPage(uid, { kind, limit, before })
      return ok({ items: transfers.map((transfer) => toItem(uid, transfer)), next: next?.toString() ?? null })
    }),
  ]
}

function purchaseWords(rejection: Rejection): Reply | undefined {
  if (!(rejection instanceof TransferConflict)) return undefined
  const detail = 'another purchase was made under this key'
  return problem(422, 'Invalid request', { detail, code: 'idempotency-key-reused' })
}

type Item = ReplyOf<typeof wallet.pageThroughTransactions>['body']['items'][number]

function toItem(uid: string, transfer: RecordedTransfer): Item {
  const { id, kind, at } = transfer
  const created_at = at.toISOString()
  if (kind === 'sale') {
    const { auctionId, buyer, seller, amount } = transfer
    const direction = uid === seller ? 'in' : 'out'
    return {
      kind,
      id,
      direction,
      amount_tux: tuxToNumber(amount),
      state: 'booked',
      auction_id: auctionId,
      buyer,
      seller,
      created_at,
    }
  }
  const { requested, filled, after } = transfer
  const attempt = {
    id,
    amount_tux: tuxToNumber(requested),
    state: filled ? 'booked' : 'refused',
    tux_balance: tuxToNumber(after.tux),
    fiat_balance: fiatToNumber(after.fiat),
    created_at,
  } as const
  return kind === 'purchase'
    ? { kind, direction: 'in', ...attempt, cost_fiat: fiatToNumber(costOf(requested)) }
    : { kind, direction: 'out', ...attempt }
}

/** The ledger could not hold the amount exactly, and does not round. */
class InexactAmount extends Rejection {
  override name = 'InexactAmount'
  readonly code = 'inexact-amount'
  readonly reason = 'invalid'

  constructor() {
    super('an amount of TUX has at most six decimals')
  }
}
