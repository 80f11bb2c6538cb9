import { Type } from 'typebox'
import { administrator } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { route, type Surface } from '../route.ts'
import { endSessionOfAccount, endSessionsOfAccount, listSessionsOfAccount } from './sessions.ts'

const UidParams = Type.Object({ uid: Type.String({ format: 'uuid' }) })

export const suspendAccount = route({
  name: 'suspendAccount',
  summary: 'End every session of an account and let nobody sign in to it until it is resumed',
  method: 'POST',
  path: '/v1/accounts/:uid/suspension',
  door: 'admin',
  access: administrator,
  params: UidParams,
  replies: { 204: Type.Null() },
})

export const resumeAccount = route({
  name: 'resumeAccount',
  summary: 'End the suspension of an account',
  method: 'DELETE',
  path: '/v1/accounts/:uid/suspension',
  door: 'admin',
  access: administrator,
  params: UidParams,
  replies: { 204: Type.Null() },
})

export const resetFactors = route({
  name: 'resetFactors',
  summary: 'Remove every second factor of an account whose owner has lost them, and end its sessions',
  method: 'DELETE',
  path: '/v1/accounts/:uid/factors',
  door: 'admin',
  access: administrator,
  params: UidParams,
  replies: { 204: Type.Null() },
})

const notAllowed = problem(403, 'Forbidden', { detail: 'only administrators may do this' })

/** What administrators do with accounts beyond the words of a contract. */
export const accountAdministration: Surface = {
  name: 'identity.administration',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { admin: '/v1/accounts' },
  forbidden: { admin: { 'wrong-role': notAllowed, 'not-self': notAllowed } },
  routes: [
    suspendAccount,
    resumeAccount,
    resetFactors,
    listSessionsOfAccount,
    endSessionOfAccount,
    endSessionsOfAccount,
  ],
}
