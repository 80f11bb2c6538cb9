import { gachaContract } from './gacha.ts'
import { identityContract } from './identity.ts'
import type { ServiceContract } from './route.ts'
import { walletContract } from './wallet.ts'

/** Every service behind the doors. */
export const services: readonly ServiceContract[] = [identityContract, walletContract, gachaContract]
