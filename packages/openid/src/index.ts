export type { OpenIdDatabase } from './store/openid-database.ts'
