import { inject } from 'vitest'
import { copyInstallation } from './data-directory.ts'
import { type Parts, type PartsOptions, type ServiceName, startParts } from './parts.ts'

/*
 * Databases that are made and migrated already, with nobody in them. To make them takes as long as all the rest of a start,
 * and most tests are not about it.
 */

/** A new directory for an installation, with such databases. */
export async function makeInstallation(): Promise<string> {
  return copyInstallation(inject('sallyportTemplate'))
}

/** Parts that are processes of their own, on such databases. */
export async function startMigratedParts(needed?: readonly ServiceName[], options: PartsOptions = {}): Promise<Parts> {
  return startParts(needed, { template: inject('sallyportTemplate'), ...options })
}
