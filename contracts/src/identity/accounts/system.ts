import { Type } from 'typebox'
import { anyone } from '../../access.ts'
import { route } from '../../route.ts'
import { Text } from './schemas.ts'

export const listEndpoints = route({
  name: 'listEndpoints',
  summary: 'What there is',
  method: 'GET',
  path: '/authy',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ endpoints: Type.Array(Type.Object({ url: Text, methods: Type.Array(Text) })) }) },
})

export const readStatus = route({
  name: 'readStatus',
  summary: 'That the account service works, and its version',
  method: 'GET',
  path: '/authy/status',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ message: Text, version: Type.Union([Text, Type.Null()]) }) },
})

export const probeLimiter = route({
  name: 'probeLimiter',
  summary: 'Always too many requests: a probe of the limiter',
  method: 'GET',
  path: '/authy/ratelimited',
  door: 'public',
  access: anyone,
  replies: {},
})
