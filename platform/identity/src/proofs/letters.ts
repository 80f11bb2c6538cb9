import type { Account } from '../accounts/account.ts'
import type { Letter } from '../mail/mailer.ts'
import type { LinkPurpose } from './link-store.ts'

/** How long a link works, in seconds. */
export const linkLifeSeconds: Readonly<Record<LinkPurpose, number>> = {
  verification: 24 * 3600,
  'password-reset': 30 * 60,
}

/** The letter that brings somebody their link. */
export function letterOf(
  purpose: LinkPurpose,
  { username, email }: Account,
  secret: string,
  publicUrl: string,
): Letter {
  if (purpose === 'verification')
    return {
      to: email,
      subject: 'Confirm your e-mail address',
      text: `Hello ${username},

confirm that this is your e-mail address by opening this link within a day:

  ${publicUrl}/authy/validate/${secret}

If you did not ask for an account, you need not do anything.
`,
    }
  return {
    to: email,
    subject: 'Choose a new password',
    text: `Hello ${username},

somebody, probably you, wants a new password for your account. Choose one within half an hour:

  ${publicUrl}/v1/account/password-resets/${secret}

If it was not you, you need not do anything: your password stays as it is.
`,
  }
}
