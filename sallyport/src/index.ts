export { allSettings, readSettings, type Settings } from './settings.ts'
export { type Running, startEverything } from './start.ts'
