export type { AdministratorWish, NewAdministrator } from './accounts/first-administrator.ts'
export { buildIdentity, type Identity, type IdentityParts } from './identity.ts'
export { type IdentityDatabase, migrations } from './identity-database.ts'
