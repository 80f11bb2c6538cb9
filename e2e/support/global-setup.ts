import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { makeDataDirectory } from './data-directory.ts'
import { type Addresses, startProgram } from './program.ts'

/** The administrator of the installation that the tests share. */
export const administrator = { username: 'admin', password: 'Front-Door-8180!' }

declare module 'vitest' {
  interface ProvidedContext {
    /** The doors of the installation that the tests share: they make accounts of their own and leave others alone. */
    sallyportAddresses: Addresses
  }
}

/** Starts one installation for all end-to-end tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDirectory = await makeDataDirectory()
  const program = await startProgram(dataDirectory, {
    SALLYPORT_ADMIN_PASSWORD: administrator.password,
    // The clients of the tests are on this machine.
    SALLYPORT_OPENID_CALL_PRIVATE_ADDRESSES: 'true',
  })
  project.provide('sallyportAddresses', program.addresses)
  return async () => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}
