import { type Databases, openDatabases } from '../databases.ts'
import { partNames, type PartName } from '../settings/parts.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'

/** Opens the database of a part; the others are none of its business. */
export async function openDatabaseOf(part: PartName, settings: Settings): Promise<Databases> {
  if (settings.databaseUrls[part] === undefined) {
    throw new InvalidSettings(
      `DATABASE_URL_${part.toUpperCase()} is needed: a part that runs alone does not start the embedded PostgreSQL`,
    )
  }
  const elsewhere = Object.fromEntries(partNames.map((name) => [name, { service: '', owner: '' }]))
  return openDatabases(
    { ...settings, databaseUrls: { ...elsewhere, ...settings.databaseUrls } },
    { onProgress: () => undefined, onLost: () => undefined },
  )
}
