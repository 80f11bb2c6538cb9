import { type TProperties, Type } from 'typebox'

/** An object that has these fields and no others: whatever else comes is refused (enrollment E-50). */
export function strict<Fields extends TProperties>(fields: Fields) {
  return Type.Object(fields, { additionalProperties: false })
}

/** Text of so many characters as people count them, none of them invisible. */
function text(least: number, most: number) {
  return Type.String({ pattern: `^[^\\p{C}]{${least},${most}}$`, description: `${least} to ${most} characters` })
}

export const Department = text(2, 8)
export const CourseNumber = text(1, 10)
export const Title = text(1, 120)
export const Term = text(1, 16)
export const SectionNumber = Type.Integer({ minimum: 1, maximum: 999 })
export const Capacity = Type.Integer({ minimum: 1, maximum: 1000 })
/** An id in a body. In a path whatever is no id is unknown, not invalid. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

const uuid = '[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}'

/** What a user name looks like (enrollment E-14). Its case does not matter: answers have it in lower case. */
export const userNamePattern = `^(?!${uuid}$)[A-Za-z0-9._+-]{3,64}$`
export const UserName = Type.String({ pattern: userNamePattern })

export const Time = Type.String({ format: 'date-time', description: 'UTC, ISO 8601' })
export const Position = Type.Integer({ minimum: 1, maximum: 15 })

export const IdParams = Type.Object({ id: Type.String({ description: 'The id of a section' }) })
export const UserNameParams = Type.Object({ username: Type.String() })
export const IdAndUserNameParams = Type.Object({ ...IdParams.properties, ...UserNameParams.properties })
