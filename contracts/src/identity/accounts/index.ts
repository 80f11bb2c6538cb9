import { accountsDialect, accountsRefusal } from '../../dialects/accounts.ts'
import type { Surface } from '../../route.ts'
import { accountsQuota } from '../quotas.ts'
import { pageThroughUsers, readUser, editUser, deleteUser, readRolesOfUser } from './administration.ts'
import { findUsername, findPublicId } from './look-ups.ts'
import { signUp, readOwnUser, deleteOwnUser, readOwnRoles } from './oneself.ts'
import { listRoles, createRole, readRole, readMembersOfRole, assignRole, withdrawRole } from './roles.ts'
import { logIn, checkAccess, validateEmail, confirmEmail } from './signing-in.ts'
import { listEndpoints, readStatus, probeLimiter } from './system.ts'

export * from './administration.ts'
export * from './choices.ts'
export * from './look-ups.ts'
export * from './oneself.ts'
export * from './roles.ts'
export * from './signing-in.ts'
export * from './system.ts'

const gateClosed = accountsRefusal(401, 'Your level does not allow this')
const forbidden = { 'wrong-role': gateClosed, 'not-self': gateClosed }

/** The account service (accounts §3). Administrative routes are on the public door, as its clients know them. */
export const accounts: Surface = {
  name: 'identity.accounts',
  dialect: accountsDialect,
  decidedBy: 'service',
  credential: 'x-access-token',
  onlyJson: true,
  prefixes: { public: '/authy' },
  forbidden: { public: forbidden },
  quotas: [accountsQuota],
  routes: [
    listEndpoints,
    readStatus,
    probeLimiter,
    logIn,
    checkAccess,
    validateEmail,
    confirmEmail,
    signUp,
    readOwnUser,
    deleteOwnUser,
    readOwnRoles,
    pageThroughUsers,
    readUser,
    editUser,
    deleteUser,
    readRolesOfUser,
    findUsername,
    findPublicId,
    listRoles,
    createRole,
    readRole,
    readMembersOfRole,
    assignRole,
    withdrawRole,
  ],
}
