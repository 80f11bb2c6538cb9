import type { Account } from '../accounts/account.ts'
import type { Letter } from '../mail/mailer.ts'
import { wordsIn } from '../words/choice.ts'
import type { LinkPurpose } from './link-store.ts'

/** How long a link works, in seconds. */
export const linkLifeSeconds: Readonly<Record<LinkPurpose, number>> = {
  verification: 24 * 3600,
  'password-reset': 30 * 60,
}

const paths: Readonly<Record<LinkPurpose, string>> = {
  verification: '/authy/validate',
  'password-reset': '/v1/account/password-resets',
}

/** The letter that brings somebody their link; in English if the language is none of ours. */
export function letterOf(
  purpose: LinkPurpose,
  { username }: Account,
  to: string,
  link: { readonly secret: string; readonly publicUrl: string; readonly language: string | undefined },
): Letter {
  const { subject, text } = wordsIn(link.language).letters[purpose]
  return { to, subject, text: text(username, `${link.publicUrl}${paths[purpose]}/${link.secret}`) }
}
