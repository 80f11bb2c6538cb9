import { Type } from 'typebox'
import { route } from '../route.ts'
import { strict } from './fields.ts'
import { registrar, surface } from './surface.ts'

const Setting = strict({ enabled: Type.Boolean() })

export const readAutoEnrollment = route({
  name: 'readAutoEnrollment',
  summary: 'Whether whoever waits first gets a seat that becomes free',
  method: 'GET',
  path: '/api/auto-enrollment',
  door: 'public',
  access: registrar,
  replies: { 200: Setting },
})

export const setAutoEnrollment = route({
  name: 'setAutoEnrollment',
  summary: 'Freeze automatic enrollment, or resume it: then all free seats go to those who wait for them, in order',
  method: 'PUT',
  path: '/api/auto-enrollment',
  door: 'public',
  access: registrar,
  body: Setting,
  replies: { 200: Setting },
})

export const autoEnrollment = surface('auto-enrollment', '/auto-enrollment', [readAutoEnrollment, setAutoEnrollment])
