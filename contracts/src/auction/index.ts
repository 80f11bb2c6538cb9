import { erasureSurface } from '../privacy/erasure.ts'
import type { ServiceContract } from '../route.ts'
import { internal } from './internal.ts'
import { auctions } from './market.ts'
import { own } from './own.ts'

export * from './internal.ts'
export * from './market.ts'
export * from './own.ts'
export * from '../privacy/export-of-auction.ts'

export const auctionContract: ServiceContract = {
  name: 'auction',
  title: 'Auction',
  surfaces: [auctions, own, internal, erasureSurface('auction')],
}
