export { type FactorChangeParts, resetFactors } from './factor-changes.ts'
