export { createKeyRotation, KeyNeeded, type KeyRotation, KeyWaiting, NoSuchKey } from './tokens/key-rotation.ts'
export { type Standing, type TokenAlgorithm, tokenAlgorithms } from './tokens/signing-key.ts'
export { checkMasterKey, type SigningKey, WrongMasterKey } from './tokens/signing-key-store.ts'
export { createAudit } from './audit/audit.ts'
export { InvalidClient, type NewClient, UnknownClient } from './clients/client.ts'
export { type Clients, createClients, type WithSecret } from './clients/clients.ts'
export { AccountDeleted, InvalidEmail, InvalidPassword, InvalidUsername, NameTaken } from './accounts/account.ts'
export { findUidByName } from './accounts/account-store.ts'
export type { Accounts, NewAccount } from './accounts/accounts.ts'
export { type FactorChangeParts, resetFactors } from './factors/factor-changes.ts'
export type { AccountsSurfaceSettings } from './surfaces/accounts/index.ts'
export {
  type EventFilter,
  listEvents,
  listEventsAbout,
  listSealedEvents,
  type RecordedEvent,
} from './audit/audit-store.ts'
export { formatHead, type Head, parseHead } from './audit/chain.ts'
export { lastLink } from './audit/chain-store.ts'
export { type Break, type Verification, verifyAudit } from './audit/verification.ts'
export { toAuditItem } from './surfaces/audit-routes.ts'
export { mailboxMailer } from './mail/mailbox.ts'
export type { Letter, Mailer } from './mail/mailer.ts'
export { smtpMailer } from './mail/smtp.ts'
export { buildIdentity, type Identity, type IdentityParts, type TokenKeySettings } from './identity.ts'
export { type IdentityDatabase, migrations } from './identity-database.ts'
export type { ExportedAccount } from './transfer/account-export.ts'
export type { ImportCounts, ImportLine, ImportRefusal } from './transfer/account-import.ts'
export { recordFields } from './transfer/record-fields.ts'
export { createTransfer, type Transfer } from './transfer/transfer.ts'
