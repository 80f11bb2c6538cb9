import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { makeDataDirectory } from './data-directory.ts'
import { type Addresses, startProgram } from './program.ts'

/** The administrator of the installation that the tests share. */
export const administrator = { username: 'admin', password: 'Front-Door-8180!' }

declare module 'vitest' {
  interface ProvidedContext {
    /** The doors of the installation that the tests share: they make accounts of their own and leave others alone. */
    sallyportAddresses: Addresses
    /** The folder that its letters are put into. */
    sallyportMailbox: string
  }
}

/** Starts one installation for all end-to-end tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDirectory = await makeDataDirectory()
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
  return async () => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}
