import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL of this test run: the directory of its socket, and the socket's port. */
    sallyportPostgres: { host: string; port: number }
  }
}

/** Settings that make PostgreSQL forget everything in a power cut, and fast. */
export const forgetfulSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '400',
}

/** Vitest's global setup: one PostgreSQL for the test run, in a temporary directory, gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  // PostgreSQL's user must be able to pass when the tests run as root.
  await chmod(directory, 0o711)
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    const postgres = await startEmbeddedPostgres({ dataDirectory: directory, settings: forgetfulSettings })
    const { host, port } = postgres.connection('any', 'service')
    project.provide('sallyportPostgres', { host, port })
    return async () => {
      await postgres.stop()
      await remove()
    }
  } catch (error) {
    await remove()
    throw error
  }
}
