import { accountsRefusal } from '@sallyport/contracts'
import { Refusal } from '@sallyport/service'

/** How a password is written in a request: as it is, or as the base64 of its UTF-8 bytes (accounts A-50). */
export type PasswordEncoding = 'plain' | 'base64'

/** The password itself. What is not the base64 of UTF-8 is refused (accounts A-45, A-F5). */
export function decodePassword(text: string, encoding: PasswordEncoding): string {
  if (encoding === 'plain') return text
  const bytes = Buffer.from(text, 'base64')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, ''))
    throw new Refusal(undecodable)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(undecodable)
  }
}

const undecodable = accountsRefusal(400, 'The password is not the base64 of a text', { error: 'password_encoding' })
