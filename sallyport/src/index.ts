export { allSettings } from './settings/declarations.ts'
export { readSettings, type Settings } from './settings/settings.ts'
export { type Running, startEverything } from './start.ts'
