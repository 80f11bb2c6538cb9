import { type TSchema, Type } from 'typebox'

/*
 * What is in an export says nothing of anybody else: where another person has a part in something, it says which part its
 * own person had.
 */

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })
export const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
/** A list; a page that is about other sections does not have it. */
export const list = <Item extends TSchema>(item: Item) => Type.Optional(Type.Array(item))
/** One record, or null for whom there is none. */
export const single = <Item extends TSchema>(item: Item) => Type.Optional(orNull(item))

/** Since when somebody takes part in a service, and until when. */
export const Membership = Type.Object({ opened_at: orNull(Time), closed_at: orNull(Time) })
