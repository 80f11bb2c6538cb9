import { execFile } from 'node:child_process'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A new, empty directory for an installation. PostgreSQL's user can pass through it when the tests run as root. */
export async function makeDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-e2e-'))
  await chmod(directory, 0o711)
  return directory
}

/** A copy of an installation that does not run. */
export async function copyInstallation(from: string): Promise<string> {
  const directory = await makeDataDirectory()
  // Node's own copying gives all files to whoever copies, and the database belongs to PostgreSQL's user.
  await execute('cp', ['-a', `${from}/.`, directory])
  return directory
}
