import { erasureSurface } from '../privacy/erasure.ts'
import type { ServiceContract } from '../route.ts'
import { internal } from './internal.ts'
import { currency } from './market.ts'
import { own } from './own.ts'

export * from './internal.ts'
export * from './market.ts'
export * from './own.ts'
export * from '../privacy/export-of-wallet.ts'

export const walletContract: ServiceContract = {
  name: 'wallet',
  title: 'Wallet',
  surfaces: [currency, own, internal, erasureSurface('wallet')],
}
