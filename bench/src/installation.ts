import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { makeDataDirectory } from '@sallyport/e2e/data-directory'
import { type Program, startProgram } from '@sallyport/e2e/program'
import { parentOf } from './cpu.ts'
import { type Door, openDoor } from './door.ts'
import { signIn } from './players.ts'

/** The program as it is measured: one process, on an embedded PostgreSQL of its own that writes to the disk. */
export interface Installation {
  readonly program: Program
  readonly dataDirectory: string
  readonly publicDoor: Door
  readonly adminDoor: Door
  /** The administrator's, good for a quarter of an hour. */
  readonly signInAdministrator: () => Promise<string>
}

/** Starts an installation, lets it be used, and removes it. */
export async function withInstallation<Result>(
  clients: number,
  use: (installation: Installation) => Promise<Result>,
  settings: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const dataDirectory = await makeDataDirectory()
  try {
    return await withProgram(dataDirectory, clients, use, settings)
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

/** The process of the embedded PostgreSQL of an installation. */
export async function postgresOf(dataDirectory: string): Promise<number> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const connection = postgres.connection('identity', 'service')
  const database = openDatabase<Record<string, never>>({ service: 'bench', connection })
  try {
    const { rows } = await database.pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    return await parentOf(rows[0]?.pid ?? 0)
  } finally {
    await database.close()
  }
}

async function withProgram<Result>(
  dataDirectory: string,
  clients: number,
  use: (installation: Installation) => Promise<Result>,
  settings: Readonly<Record<string, string>>,
): Promise<Result> {
  const password = `Bench-7!${randomBytes(12).toString('hex')}`
  const program = await startProgram(dataDirectory, { ...settings, SALLYPORT_ADMIN_PASSWORD: password })
  const publicDoor = openDoor(program.addresses.public, clients)
  const adminDoor = openDoor(program.addresses.admin, clients)
  try {
    return await use({
      program,
      dataDirectory,
      publicDoor,
      adminDoor,
      signInAdministrator: () => signIn(publicDoor, 'admin', password),
    })
  } finally {
    await Promise.all([publicDoor.close(), adminDoor.close()])
    await program.stop()
  }
}
