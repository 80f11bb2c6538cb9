import { dictionary } from '@zxcvbn-ts/language-common'

// The list is in the order of frequency.
export const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common'].slice(0, 1000))

/** Whether this is one of the 1000 most common passwords, to the letter. */
export function isCommonPassword(password: string): boolean {
  return commonPasswords.has(password)
}
