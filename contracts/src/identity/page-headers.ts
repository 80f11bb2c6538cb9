import { Type } from 'typebox'

/** What a browser says about the page it would like. */
export const PageHeaders = Type.Object({
  accept: Type.Optional(Type.String()),
  'accept-language': Type.Optional(Type.String()),
})
