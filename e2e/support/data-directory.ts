import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new directory for an installation. PostgreSQL's user can pass through it when the tests run as root. */
export async function makeDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-e2e-'))
  await chmod(directory, 0o711)
  return directory
}
