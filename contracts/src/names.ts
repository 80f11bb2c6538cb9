import { type TString, Type } from 'typebox'

/** What things are called by people: one line, without characters that control something and halves of others. */
export function name(limits: { readonly minLength: number; readonly maxLength: number }): TString {
  return Type.String({ ...limits, pattern: '^[^\\p{Cc}\\p{Cs}]*$' })
}
