import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Mailer } from './mailer.ts'

/** So many letters are kept, the newest. */
const kept = 1000

/** Puts letters into a folder that only its owner can read, for those who have no mail server (yet). */
export function mailboxMailer(folder: string, from: string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
  let count = 0
  return {
    async send(letter) {
      const { message } = await transport.sendMail({ from, ...letter })
      if (!Buffer.isBuffer(message)) throw new TypeError('a letter was not written into a buffer')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      count += 1
      // Sorted by name, the newest comes last.
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${process.pid}-${String(count).padStart(6, '0')}.eml`
      await writeFile(join(folder, name), message, { mode: 0o600, flag: 'wx' })
      await forgetOldest(folder)
    },
  }
}

async function forgetOldest(folder: string): Promise<void> {
  const letters = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
  for (const name of letters.slice(0, Math.max(0, letters.length - kept))) await rm(join(folder, name), { force: true })
}
