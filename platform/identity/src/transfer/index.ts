export type { ExportedAccount } from './account-export.ts'
export type { ImportCounts, ImportLine, ImportRefusal } from './account-import.ts'
export { recordFields } from './record-fields.ts'
export { createTransfer, type Transfer } from './transfer.ts'
