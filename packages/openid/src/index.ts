export type {
  AccountPage,
  AccountPages,
  Download,
  PageAnswer,
  SeeOther,
  Visit,
  Visitor,
} from './account-pages/account-page.ts'
export { freshMs } from './account-pages/freshness.ts'
export type { Assurance } from './acr.ts'
export type { OpenIdAccount, OpenIdAccounts, OpenIdResource, OpenIdSessions, SessionEnding } from './accounts.ts'
export { type ClientMetadata, digestOfSecret, type OpenIdClient, type OpenIdClients } from './clients/client.ts'
export type { PageFile } from './files.ts'
export type { Answer, Question, QuestionPages, Sender } from './interactions/question.ts'
export type { OpenIdKeys, PublishedKey } from './keys/openid-keys.ts'
export type { CodeProblem, FilledForm, Languages, Page, ProvidedForm, ProviderPages } from './pages.ts'
export type { OpenIdLog, OpenIdProviderParts } from './parts.ts'
export { createOpenIdProvider, type OpenIdProvider } from './provider.ts'
export { type GivenGrant, listBrowserSessions, listGrants, removeRecordsOfAccount } from './store/record-store.ts'
export { sweepRecords } from './store/sweeping.ts'
export type { Sealing } from './store/adapter.ts'
export type { OpenIdDatabase } from './store/openid-database.ts'
