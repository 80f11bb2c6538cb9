import {
  eventStream,
  market,
  marketRefusal,
  type Mount,
  problem,
  problemDetails,
  route,
  type ServiceContract,
  signedIn,
} from '@sallyport/contracts'
import { Type } from 'typebox'

export const Caller = Type.Object({
  accountId: Type.String(),
  username: Type.String(),
  role: Type.String(),
  roles: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
})

/** Refused at the door. */
export const atDesk = route({
  name: 'atDesk',
  summary: 'Who is calling, where the door decides',
  method: 'GET',
  path: '/desk/me',
  door: 'public',
  access: signedIn,
  replies: { 200: Caller },
})

/** Refused by the service. */
export const atStall = route({
  name: 'atStall',
  summary: 'Who is calling, where the service decides',
  method: 'GET',
  path: '/stall/me',
  door: 'public',
  access: signedIn,
  replies: { 200: Caller },
})

export const forAdministrators = route({
  name: 'forAdministrators',
  summary: 'For those whose role is admin',
  method: 'GET',
  path: '/desk/administration',
  door: 'public',
  access: { who: 'account', role: 'admin' },
  replies: { 200: Caller },
})

export const forInstructors = route({
  name: 'forInstructors',
  summary: 'For those who have this role among others',
  method: 'GET',
  path: '/desk/lessons',
  door: 'public',
  access: { who: 'account', roles: ['instructor'] },
  replies: { 200: Caller },
})

export const watch = route({
  name: 'watch',
  summary: 'Events',
  method: 'GET',
  path: '/desk/events',
  door: 'public',
  access: signedIn,
  replies: { 200: eventStream({ tick: Type.Object({}) }) },
})

export const raw: Mount = {
  name: 'raw',
  summary: 'Says what came',
  path: '/raw',
  door: 'public',
  bodyLimitBytes: 64 * 1024,
}

const refused = { 'wrong-role': problem(403, 'Forbidden'), 'not-self': problem(403, 'Forbidden') }
const marketRefused = { 'wrong-role': marketRefusal(403, 'No'), 'not-self': marketRefusal(403, 'No') }

/** A service with everything that doors treat differently. */
export const house: ServiceContract = {
  name: 'house',
  title: 'House',
  surfaces: [
    {
      name: 'house.desk',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/desk' },
      forbidden: { public: refused },
      routes: [atDesk, forAdministrators, forInstructors, watch],
      mounts: [raw],
    },
    {
      name: 'house.stall',
      dialect: market,
      decidedBy: 'service',
      prefixes: { public: '/stall' },
      forbidden: { public: marketRefused },
      routes: [atStall],
    },
  ],
}
