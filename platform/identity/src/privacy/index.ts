export { createPersonalDataExport, type PersonalDataExport } from './export.ts'
export type { DataPage, Person, PersonalDataSource } from './export-sources.ts'
