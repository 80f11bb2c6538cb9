export { type Commitment, readCommitments } from './commitments.ts'
export { verifyAuctions } from './verification.ts'
