import { Type } from 'typebox'

/** In which language somebody would like the letter that a request has sent. */
export const LanguageHeaders = Type.Object({
  'accept-language': Type.Optional(Type.String()),
})
