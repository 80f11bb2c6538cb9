import { join } from 'node:path'
import { type Mailer, mailboxMailer, smtpMailer } from '@sallyport/identity'
import type { Settings } from './settings/settings.ts'

/** The folder that letters are put into as long as there is no mail server. */
export function mailboxOf({ dataDirectory }: Pick<Settings, 'dataDirectory'>): string {
  return join(dataDirectory, 'mailbox')
}

/** The way that letters take. */
export function createMailer(settings: Settings): Mailer {
  const { smtpUrl, from } = settings.mail
  return smtpUrl === undefined ? mailboxMailer(mailboxOf(settings), from) : smtpMailer(smtpUrl, from)
}
