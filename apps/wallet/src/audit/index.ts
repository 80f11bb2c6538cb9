export { type OpenHold, readOpenHolds, readOpenPlayers } from './open-holds.ts'
export { verifyLedger } from './verification.ts'
