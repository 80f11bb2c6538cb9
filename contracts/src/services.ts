import { auctionContract } from './auction/index.ts'
import { gachaContract } from './gacha/index.ts'
import { identityContract } from './identity/index.ts'
import type { ServiceContract } from './route.ts'
import { walletContract } from './wallet/index.ts'

/** Every service behind the doors. */
export const services: readonly ServiceContract[] = [identityContract, walletContract, gachaContract, auctionContract]
