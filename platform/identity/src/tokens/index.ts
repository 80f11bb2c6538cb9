export { createKeyRotation, KeyNeeded, type KeyRotation, KeyWaiting, NoSuchKey } from './key-rotation.ts'
export { checkMasterKey, type SigningKey, WrongMasterKey } from './signing-key-store.ts'
export type { Standing } from './signing-key.ts'
