import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from './private-file.ts'

/** Where the doors are, by name, and in a cluster every process of it, with its id while it runs. */
export interface Addresses {
  readonly public: string
  readonly admin: string
  readonly redirect?: string
  readonly instances?: Readonly<Record<string, { readonly url: string; readonly pid: number | null }>>
}

/** Tells other programs where the doors are, once they answer (design §6). */
export async function writeAddresses(dataDirectory: string, addresses: Addresses): Promise<void> {
  await replaceFile(pathOf(dataDirectory), `${JSON.stringify(addresses)}\n`)
}

/** Nobody answers there any more. */
export async function removeAddresses(dataDirectory: string): Promise<void> {
  await rm(pathOf(dataDirectory), { force: true })
}

function pathOf(dataDirectory: string): string {
  return join(dataDirectory, 'addresses.json')
}
