import { open } from 'node:fs/promises'

/** Has the disk know what is in a directory: without it a power cut could forget the new name of a file. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
