import { join } from 'node:path'
import type { Settings } from '../settings/settings.ts'

/** Where an instance of identity keeps logins whose sessions it cannot write down yet. */
export function lateLoginsFile({ dataDirectory, instance }: Pick<Settings, 'dataDirectory' | 'instance'>): string {
  return join(dataDirectory, `late-logins-${encodeURIComponent(instance)}`)
}
