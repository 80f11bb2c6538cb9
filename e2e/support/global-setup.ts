import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { copyInstallation, makeDataDirectory } from './data-directory.ts'
import { type Addresses, launch, startProgram } from './program.ts'

/** The administrator of the installation that the tests share. */
export const administrator = { username: 'admin', password: 'Front-Door-8180!' }

declare module 'vitest' {
  interface ProvidedContext {
    /** The doors of the installation that the tests share: they make accounts of their own and leave others alone. */
    sallyportAddresses: Addresses
    /** The folder that its letters are put into. */
    sallyportMailbox: string
    /** An installation that was migrated and never started, to be copied. */
    sallyportTemplate: string
  }
}

/** Starts one installation for all end-to-end tests, and leaves one to be copied for those that need their own. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const template = await makeTemplate()
  const dataDirectory = await copyInstallation(template)
  const program = await startProgram(dataDirectory, {
    SALLYPORT_ADMIN_PASSWORD: administrator.password,
    // More is asked from one address here than these limits let through; they have tests of their own.
    SALLYPORT_LIMIT_LINKS: 'none',
    SALLYPORT_PICTURES_LIMIT_ADDRESS: 'none',
    SALLYPORT_ACCOUNTS_LIMIT_VALIDATION: 'none',
    // The clients of the tests are on this machine.
    SALLYPORT_OPENID_CALL_PRIVATE_ADDRESSES: 'true',
  })
  project.provide('sallyportAddresses', program.addresses)
  project.provide('sallyportMailbox', join(dataDirectory, 'mailbox'))
  project.provide('sallyportTemplate', template)
  return async () => {
    await program.stop()
    for (const directory of [dataDirectory, template]) await rm(directory, { recursive: true, force: true })
  }
}

async function makeTemplate(): Promise<string> {
  const directory = await makeDataDirectory()
  const migration = launch(['migrate'], { SALLYPORT_DATA: directory })
  if ((await migration.ended()) !== 0) throw new Error(`the databases cannot be made:\n${migration.output()}`)
  // Tests kill programs and databases, and never the machine: what the system holds is as good as on the disk.
  await appendFile(join(directory, 'postgres', 'postgresql.auto.conf'), 'fsync = off\n')
  return directory
}
