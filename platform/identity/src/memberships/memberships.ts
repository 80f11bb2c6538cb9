import { auction, type Call, gacha, wallet } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'

export const membershipNames = ['collection', 'wallet', 'market'] as const

/** What every account has at another service, opened with the account and closed with it (market §10). */
export interface Membership {
  readonly name: (typeof membershipNames)[number]
  open(uid: AccountId): Promise<void>
  close(uid: AccountId): Promise<void>
}

/** The services that accounts have something at. */
export interface MemberServices {
  readonly wallet: Call
  readonly gacha: Call
  readonly auction: Call
  readonly enrollment: Call
  readonly pictures: Call
}

/** The memberships, which the market's services alone have, in the order of market §10. */
export function createMemberships(services: MemberServices): readonly Membership[] {
  return [
    {
      name: 'collection',
      open: async (uid) => void (await services.gacha(gacha.openCollection, { params: { uid } })),
      close: async (uid) => void (await services.gacha(gacha.closeCollection, { params: { uid } })),
    },
    {
      name: 'wallet',
      open: async (uid) => void (await services.wallet(wallet.openWallet, { params: { uid } })),
      close: async (uid) => void (await services.wallet(wallet.closeWallet, { params: { uid } })),
    },
    {
      name: 'market',
      open: async (uid) => void (await services.auction(auction.openPlayer, { params: { uid } })),
      close: async (uid) => void (await services.auction(auction.closePlayer, { params: { uid } })),
    },
  ]
}
