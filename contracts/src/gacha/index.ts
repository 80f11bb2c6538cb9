import { erasureSurface } from '../privacy/erasure.ts'
import type { ServiceContract } from '../route.ts'
import { internal } from './internal.ts'
import { distro } from './market.ts'
import { own } from './own.ts'

export * from './internal.ts'
export * from './market.ts'
export * from './own.ts'
export * from '../privacy/export-of-gacha.ts'

export const gachaContract: ServiceContract = {
  name: 'gacha',
  title: 'Gacha',
  surfaces: [distro, own, internal, erasureSurface('gacha')],
}
