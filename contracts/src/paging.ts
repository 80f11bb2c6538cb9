import { type TProperties, type TSchema, Type } from 'typebox'

/** The query of a list that is read in pages, with more fields of its own if need be. */
export function pageQuery<Fields extends TProperties>(fields: Fields) {
  return Type.Object({
    ...fields,
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 200,
        default: 50,
        description: 'How many at most; 50 unless told otherwise',
      }),
    ),
    after: Type.Optional(
      Type.String({ maxLength: 64, description: 'The `next` of the page before this one; without it the first page' }),
    ),
  })
}

/** A page of a list; `next` leads to the one after it, and is null on the last. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) })
}

export const defaultPageLimit = 50
