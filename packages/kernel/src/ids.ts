import { createHash } from 'node:crypto'
import type { Brand } from './brand.ts'

/** An account's `uid`: a UUID version 4, lower case. It is the `sub` of every token of every issuer. */
export type AccountId = Brand<string, 'AccountId'>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a text is a UUID in its canonical form: lower case, with dashes. */
export function isId<Id extends Brand<string, string>>(text: string): text is Id {
  return uuid.test(text)
}

/** The text as an id of the branded type asked for, or undefined when it is not a UUID. */
export function parseId<Id extends Brand<string, string>>(text: string): Id | undefined {
  return isId<Id>(text) ? text : undefined
}

/**
 * The id that belongs to a name: always the same for the same words, and nobody meets another's by chance. In the form
 * of a UUID version 4, as contracts ask for.
 */
export function idOf<Id extends Brand<string, string>>(...words: readonly string[]): Id {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest()
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x40, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  const text = digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (!isId<Id>(text)) throw new TypeError('a digest made an id that is not a UUID')
  return text
}

/** Makes a new random UUID (version 4) of the branded type asked for. */
export function newId<Id extends Brand<string, string>>(): Id {
  const text: string = crypto.randomUUID()
  if (!isId<Id>(text)) throw new TypeError('the runtime made an id that is not a UUID')
  return text
}
