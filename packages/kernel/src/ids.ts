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

/** Makes a new random UUID (version 4) of the branded type asked for. */
export function newId<Id extends Brand<string, string>>(): Id {
  const text: string = crypto.randomUUID()
  if (!isId<Id>(text)) throw new TypeError('the runtime made an id that is not a UUID')
  return text
}
