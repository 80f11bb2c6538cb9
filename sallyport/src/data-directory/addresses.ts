import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from './private-file.ts'

/** Tells other programs where the doors are, once they answer (design §6). */
export async function writeAddresses(
  dataDirectory: string,
  addresses: Readonly<Record<string, string>>,
): Promise<void> {
  await replaceFile(pathOf(dataDirectory), `${JSON.stringify(addresses)}\n`)
}

/** Nobody answers there any more. */
export async function removeAddresses(dataDirectory: string): Promise<void> {
  await rm(pathOf(dataDirectory), { force: true })
}

function pathOf(dataDirectory: string): string {
  return join(dataDirectory, 'addresses.json')
}
