import { Type } from 'typebox'
import { anyone } from '../../access.ts'
import { route } from '../../route.ts'
import { PublicId, PublicIdParams, Text } from './schemas.ts'

export const findUsername = route({
  name: 'findUsername',
  summary: 'The name that belongs to an id',
  method: 'GET',
  path: '/authy/username/:public_id',
  door: 'public',
  access: anyone,
  params: PublicIdParams,
  replies: { 200: Type.Object({ username: Text }) },
})

export const findPublicId = route({
  name: 'findPublicId',
  summary: 'The id that belongs to a name',
  method: 'GET',
  path: '/authy/fetch/:username',
  door: 'public',
  access: anyone,
  params: Type.Object({ username: Type.String() }),
  replies: { 200: PublicId },
})
