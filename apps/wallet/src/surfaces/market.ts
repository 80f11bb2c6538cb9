import { marketRefusal, type Reply, type ReplyOf, wallet } from '@sallyport/contracts'
import { newId, type Rejection, toUnixSeconds } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Ledger } from '../ledger/ledger.ts'
import { fiatToNumber, formatCost, formatTux, parseTux, rollPrice, tuxPrice, tuxToNumber } from '../ledger/money.ts'
import { CannotAfford, NegativeAmount, UnknownPlayer } from '../ledger/rejections.ts'
import type { RecordedTransfer } from '../ledger/transfer.ts'

/** The currency service of the gacha market, in its words (market §7). */
export function marketRoutes(ledger: Ledger): readonly HandledRoute[] {
  return [
    handle(wallet.readTuxPrice, async () => ok({ price: tuxPrice })),

    handle(wallet.readRollPrice, async () => ok({ price: tuxToNumber(rollPrice) })),

    handle(
      wallet.readBalances,
      async ({ params }) => {
        const { fiat, tux } = await ledger.balances(params.uid)
        return ok({ fiat_balance: fiatToNumber(fiat), tux_balance: tuxToNumber(tux) })
      },
      accountWords,
    ),

    handle(
      wallet.buyTux,
      async ({ body }) => {
        const amount = parseTux(body.amount)
        await ledger.buy(body.user_id, amount, newId())
        // The misspelling is what clients know.
        return ok({ detail: `Successully bought ${formatTux(amount)} tux!` })
      },
      accountWords,
    ),

    handle(
      wallet.readTransactions,
      async ({ params }) => ok(toHistory(params.uid, await ledger.history(params.uid))),
      historyWords,
    ),

    handle(
      wallet.readTransactionsOfPlayer,
      async ({ params }) => ok(toHistory(params.uid, await ledger.history(params.uid))),
      historyWords,
    ),
  ]
}

function accountWords(rejection: Rejection): Reply | undefined {
  if (rejection instanceof NegativeAmount)
    return marketRefusal(400, 'The tux amount and the fiat amount cannot be a negative number!')
  if (rejection instanceof CannotAfford)
    return marketRefusal(402, `${rejection.uid} cannot afford to pay ${formatCost(rejection.amount)} fiat value`)
  if (rejection instanceof UnknownPlayer) return marketRefusal(404, `${rejection.uid} not found`)
  return undefined
}

function historyWords(rejection: Rejection): Reply | undefined {
  return rejection instanceof UnknownPlayer ? marketRefusal(404, 'User does not exists!') : undefined
}

type History = ReplyOf<typeof wallet.readTransactions>['body']

function toHistory(uid: string, transfers: readonly RecordedTransfer[]): History {
  return {
    purchase: transfers
      .filter((transfer) => transfer.kind === 'purchase')
      .map(({ id, requested, after, at, filled }) => ({
        transaction_id: id,
        user_id: uid,
        purchased_tux: tuxToNumber(requested),
        amount_fiat: fiatToNumber(after.fiat),
        amount_tux: tuxToNumber(after.tux),
        timestamp: toUnixSeconds(at),
        filled,
      })),
    auction: transfers
      .filter((transfer) => transfer.kind === 'sale')
      .map(({ id, auctionId, buyer, seller, amount, at }) => ({
        transaction_id: id,
        auction_id: auctionId,
        from_user_id: buyer,
        to_user_id: seller,
        amount_tux: tuxToNumber(amount),
        timestamp: toUnixSeconds(at),
      })),
    roll: transfers
      .filter((transfer) => transfer.kind === 'roll')
      .map(({ id, requested, at, filled }) => ({
        transaction_id: id,
        user_id: uid,
        amount_tux: tuxToNumber(requested),
        timestamp: toUnixSeconds(at),
        filled,
      })),
  }
}
