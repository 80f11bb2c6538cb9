export { AccountDeleted, InvalidEmail, InvalidPassword, InvalidUsername, NameTaken } from './account.ts'
export { findUidByName } from './account-store.ts'
export type { NewAccount } from './accounts.ts'
