import { Type } from 'typebox'

/** What people recognise a session by that is opened with this request. */
export const SenderHeaders = Type.Object({
  'user-agent': Type.Optional(Type.String()),
})
