import { openDatabases } from '../databases.ts'
import { partNames } from '../settings/parts.ts'
import { type Settings } from '../settings/settings.ts'

/** `sallyport migrate`: brings every database up to date and says what was done. */
export async function migrateEverything(settings: Settings): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`)
  const databases = await openDatabases(settings, {
    onProgress: (step) => say(`… ${step}`),
    onLost: (error) => say(`the database is gone: ${error.message}`),
  })
  try {
    for (const part of partNames) {
      const applied = await databases.migrate(part)
      say(`${part}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`)
    }
  } finally {
    await databases.stop()
  }
}
