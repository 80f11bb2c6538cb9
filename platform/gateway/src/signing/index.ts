export { createGatewayKeys, type GatewayKeys, NoSuchSigningKey } from './gateway-keys.ts'
export {
  type KeySets,
  KeySetFault,
  type PrivateKey,
  type PublicKey,
  publicHalvesOf,
  readKeySets,
} from './key-set-form.ts'
export { makeKey } from './make-key.ts'
export { buildPublishing } from './publishing.ts'
export { createTokenMaker, type TokenMaker } from './token-maker.ts'
