export {
  defineConfig,
  type IssuerConfig,
  type OwnAccess,
  type OwnLimits,
  type OwnRouteConfig,
  type OwnServiceConfig,
  type SallyportConfig,
} from './own-services/config.ts'
export { allSettings } from './settings/declarations.ts'
export { readSettings, type Settings } from './settings/settings.ts'
export { type Running, startEverything } from './start.ts'
