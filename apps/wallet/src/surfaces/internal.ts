import { wallet } from '@sallyport/contracts'
import { type AccountId, parseId } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Ledger } from '../ledger/ledger.ts'
import { MalformedId, UnknownPlayer } from '../ledger/rejections.ts'
import type { TransferId } from '../ledger/transfer.ts'

/** What identity and gacha ask of the wallet; refusals are problem details with the code of the rejection. */
export function internalRoutes(ledger: Ledger): readonly HandledRoute[] {
  return [
    handle(wallet.openWallet, async ({ params }) => {
      const uid = parseId<AccountId>(params.uid)
      if (uid === undefined) throw new MalformedId()
      return ok({ state: await ledger.openPlayer(uid) })
    }),

    handle(wallet.closeWallet, async ({ params }) => {
      const uid = parseId<AccountId>(params.uid)
      if (uid === undefined) throw new UnknownPlayer(params.uid)
      await ledger.closePlayer(uid)
      return ok({ state: 'closed' })
    }),

    handle(wallet.chargeRoll, async ({ params, body }) => {
      await ledger.chargeRoll(body.uid, toTransferId(params.rollId))
      return ok({ outcome: 'charged' })
    }),

    handle(wallet.voidRollCharge, async ({ params }) =>
      ok({ outcome: await ledger.voidRollCharge(toTransferId(params.rollId)) }),
    ),
  ]
}

/** The contract takes a UUID in either case, which is the same id. */
function toTransferId(text: string): TransferId {
  const id = parseId<TransferId>(text.toLowerCase())
  if (id === undefined) throw new MalformedId()
  return id
}
