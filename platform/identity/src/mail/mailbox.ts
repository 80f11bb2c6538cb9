import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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
    async forget(address) {
      for (const name of await listLetters(folder)) {
        const letter = await readFile(join(folder, name), 'utf8').catch(() => '')
        if (isTo(letter, address)) await rm(join(folder, name), { force: true })
      }
    },
  }
}

async function listLetters(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  return names.filter((name) => name.endsWith('.eml')).sort()
}

/** Whether a letter is to an address, as the line of its head says (RFC 5322 §3.6.3), which may be folded. */
function isTo(letter: string, address: string): boolean {
  const head = letter.split(/\r?\n\r?\n/, 1)[0]?.replaceAll(/\r?\n[ \t]+/g, ' ') ?? ''
  const to = /^To: *(.*)$/im.exec(head)?.[1] ?? ''
  return to
    .toLowerCase()
    .split(/[\s,<>]+/)
    .includes(address.toLowerCase())
}

async function forgetOldest(folder: string): Promise<void> {
  const letters = await listLetters(folder)
  for (const name of letters.slice(0, Math.max(0, letters.length - kept))) await rm(join(folder, name), { force: true })
}
