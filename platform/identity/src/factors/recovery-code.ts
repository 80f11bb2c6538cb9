import { createHash, randomBytes } from 'node:crypto'

/** So many are made at once. */
export const recoveryCodeCount = 10

/** Crockford's: without letters that look like others. */
const symbols = '0123456789abcdefghjkmnpqrstvwxyz'

/** Sixteen symbols, which are eighty random bits. */
export function newRecoveryCode(): string {
  const text = [...randomBytes(16)].map((byte) => symbols.charAt(byte % symbols.length)).join('')
  return text.replaceAll(/....(?!$)/g, '$&-')
}

/** What is kept of a code; the same however it was typed. */
export function digestOfRecoveryCode(typed: string): Buffer {
  const text = typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return createHash('sha256').update(text).digest()
}
