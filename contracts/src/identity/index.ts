import { ownExport } from '../privacy/own-export.ts'
import { followedErasures, ownErasure, ownPicturesErasure } from '../privacy/own-erasure.ts'
import type { ServiceContract } from '../route.ts'
import { accounts } from './accounts/index.ts'
import { accountAdministration } from './administration.ts'
import { apiKeysSurface } from './api-keys.ts'
import { auditTrail } from './audit.ts'
import { clientsSurface } from './clients.ts'
import { enrollmentLogin, enrollmentUsers } from './enrollment.ts'
import { internal } from './internal.ts'
import { accountsOfTheMarket } from './market.ts'
import { openIdSurface } from './openid.ts'
import { ownAccount } from './own.ts'
import { picturesDemoKey, picturesPrivacy, picturesUsers } from './pictures.ts'
import { ownSessions } from './sessions.ts'

export * from './accounts/index.ts'
export * from './administration.ts'
export * from './api-keys.ts'
export * from './audit.ts'
export * from './clients.ts'
export * from './enrollment.ts'
export * from './internal.ts'
export * from './market.ts'
export * from './openid.ts'
export * from './own.ts'
export * from './pictures.ts'
export { type IdentityQuota, identityRates, linkRates } from './quotas.ts'
export * from './sessions.ts'
export * from './token-algorithms.ts'
export * from '../privacy/export-of-identity.ts'
export * from '../privacy/own-export.ts'

export const identityContract: ServiceContract = {
  name: 'identity',
  title: 'Identity',
  surfaces: [
    accountsOfTheMarket,
    accounts,
    enrollmentUsers,
    enrollmentLogin,
    picturesUsers,
    picturesDemoKey,
    picturesPrivacy,
    ownAccount,
    ownErasure,
    ownPicturesErasure,
    followedErasures,
    ownSessions,
    ownExport,
    accountAdministration,
    apiKeysSurface,
    auditTrail,
    openIdSurface,
    clientsSurface,
    internal,
  ],
}
