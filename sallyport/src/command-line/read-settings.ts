import type { Settings } from '../settings/settings.ts'

/** The settings that the environment says. They are loaded by whoever needs them: help costs nothing. */
export async function readSettings(): Promise<Settings> {
  const settings = await import('../settings/settings.ts')
  return settings.readSettings(process.env)
}
