import { createTransport } from 'nodemailer'
import type { Mailer } from './mailer.ts'

const connectionTimeout = 5000
const greetingTimeout = 5000
const socketTimeout = 10_000

/** Hands letters to an SMTP server, named by an address such as `smtps://user:password@mail.example.org:465`. */
export function smtpMailer(url: string, from: string): Mailer {
  const transport = createTransport({ url, connectionTimeout, greetingTimeout, socketTimeout })
  return {
    forget: async () => undefined,
    async send(letter) {
      // What the library says may hold the address with its password, or the letter with its link: its code is all that is kept.
      const failure = await transport.sendMail({ from, ...letter }).then(
        () => undefined,
        (error: unknown) => String(Reflect.get(Object(error), 'code') ?? 'no code'),
      )
      if (failure !== undefined) throw new Error(`the mail server did not take a letter (${failure})`)
    },
  }
}
