import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { inject, vi } from 'vitest'

/** The letters of the shared installation to this address, oldest first, once there are so many. */
export async function lettersTo(address: string, count = 1): Promise<ParsedMail[]> {
  return vi.waitUntil(
    async () => {
      const letters = (await readAll()).filter(({ to }) => [to].flat().some((one) => one?.text.includes(address)))
      return letters.length >= count && letters
    },
    { timeout: 20_000, interval: 50 },
  )
}

/** The link in the newest of so many letters to this address. */
export async function linkTo(address: string, count = 1): Promise<string> {
  const letters = await lettersTo(address, count)
  const link = /https?:\S+/.exec(letters.at(-1)?.text ?? '')?.[0]
  if (link === undefined) throw new TypeError(`no link in a letter to ${address}`)
  return link
}

async function readAll(): Promise<ParsedMail[]> {
  const mailbox = inject('sallyportMailbox')
  const names = (await readdir(mailbox).catch((): string[] => [])).filter((name) => name.endsWith('.eml')).toSorted()
  // Those of people who are erased are removed, also meanwhile.
  const letters = await Promise.all(names.map((name) => readFile(join(mailbox, name)).catch(() => '')))
  return Promise.all(letters.map((letter) => simpleParser(letter)))
}
