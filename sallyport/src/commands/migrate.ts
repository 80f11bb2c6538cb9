import { openDatabases } from '../databases.ts'
import { databaseServices } from '../settings/database-services.ts'
import { type Settings } from '../settings/settings.ts'

/** `sallyport migrate`: brings every database up to date and says what was done. */
export async function migrateEverything(settings: Settings): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`)
  const databases = await openDatabases(settings, {
    onProgress: (step) => say(`… ${step}`),
    onLost: (error) => say(`the database is gone: ${error.message}`),
  })
  try {
    for (const service of databaseServices) {
      const applied = await databases.migrate(service)
      say(`${service}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`)
    }
  } finally {
    await databases.stop()
  }
}
