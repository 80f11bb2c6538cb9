export { AccountDeleted, InvalidEmail, InvalidPassword, InvalidUsername, NameTaken, UnknownAccount } from './account.ts'
export { findUidByLogin, findUidByName } from './account-store.ts'
export type { NewAccount } from './registration.ts'
