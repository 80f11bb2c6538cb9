export { readKeptCopies } from './kept-copies.ts'
export { verifyCopies } from './verification.ts'
