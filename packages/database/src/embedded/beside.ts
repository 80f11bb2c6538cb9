import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts'
import { DirectoryInUse } from './errors.ts'
import { place } from './placement.ts'
import { PORT } from './server.ts'
import { namesOf } from './services.ts'

/** A way to the databases of a directory, whoever owns it. */
export type BesidePostgres = Pick<EmbeddedPostgres, 'connection' | 'stop'>

/**
 * The embedded PostgreSQL for a task of an operator: the one of the program that runs on the directory, or else one
 * started for the task and stopped with it.
 * @throws DirectoryUnusable, PostgresFailed as `startEmbeddedPostgres` does.
 */
export async function useEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<BesidePostgres> {
  try {
    return await startEmbeddedPostgres(options)
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error
  }
  const { socketDirectory } = await place(options.dataDirectory, options.onProgress ?? (() => undefined))
  return {
    connection(service, role) {
      const names = namesOf(service)
      return { host: socketDirectory, port: PORT, user: names[role], database: names.database }
    },
    // It belongs to the program that runs.
    stop: async () => undefined,
  }
}
