export { InvalidEmail, InvalidPassword, InvalidUsername, NameTaken } from './accounts/account.ts'
export type { Accounts, NewAccount } from './accounts/accounts.ts'
export { buildIdentity, type Identity, type IdentityParts } from './identity.ts'
export { type IdentityDatabase, migrations } from './identity-database.ts'
