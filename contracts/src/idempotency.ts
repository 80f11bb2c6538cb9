import { Type } from 'typebox'

/**
 * Names one wish of one caller: the same request under the same key is done once and has the first answer again
 * (draft-ietf-httpapi-idempotency-key-header). Another request under the key is refused.
 */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'Makes a retry harmless: the same request under the same key has the first answer again',
    }),
  ),
})
