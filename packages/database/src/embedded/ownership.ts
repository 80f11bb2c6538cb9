import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { DirectoryInUse } from './errors.ts'
import type { Placement } from './placement.ts'
import { isAlive, processIdentity } from './process.ts'
import { PORT } from './server.ts'

// Any number will do, as long as it stays: it is the eight bytes of `sallypor`.
const OWNERSHIP_LOCK = '8314045600252325746'
const NAME_PREFIX = 'sallyport owner '

// A server notices that its client was killed within milliseconds; a machine under load may take longer.
const GRACE_LIVING_OWNER_MS = 500
const GRACE_DEAD_OWNER_MS = 5_000
const CONNECT_LIMIT_MS = 3_000

/** Connects as the administrator of the cluster; the connection's name tells which process holds it. */
export async function connectAdministrator(placement: Placement, database: string): Promise<Client> {
  const client = new Client({
    host: placement.socketDirectory,
    port: PORT,
    user: 'postgres',
    database,
    application_name: `${NAME_PREFIX}${process.pid}`,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  })
  // Whoever uses the connection gets the error too; without a listener it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/**
 * Makes this process the owner of the cluster for as long as the connection lasts, whichever way it ends.
 * @throws DirectoryInUse when another process is the owner.
 */
export async function takeOwnership(client: Client, placement: Placement): Promise<void> {
  const began = performance.now()
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${OWNERSHIP_LOCK}) as taken`)
    if (rows[0]?.taken === true) break
    const owner = await findOwner(client)
    const grace = owner !== undefined && isAlive(owner) ? GRACE_LIVING_OWNER_MS : GRACE_DEAD_OWNER_MS
    if (performance.now() - began > grace) throw new DirectoryInUse(placement.dataDirectory, owner)
    await sleep(20)
  }
  await writeFile(placement.ownerFile, `${(await processIdentity(process.pid)) ?? process.pid}\n`, { mode: 0o600 })
}

/** The owner that wrote itself down, if it still lives. For the case that the server itself cannot be asked. */
export async function recordedOwner(placement: Placement): Promise<number | undefined> {
  const text = (await readFile(placement.ownerFile, 'utf8').catch(() => '')).trim()
  const pid = Number.parseInt(text, 10)
  return Number.isSafeInteger(pid) && (await processIdentity(pid)) === text ? pid : undefined
}

async function findOwner(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select activity.application_name as name
     from pg_locks as locks join pg_stat_activity as activity on activity.pid = locks.pid
     where locks.locktype = 'advisory' and locks.granted
       and (locks.classid::bigint << 32 | locks.objid::bigint) = ${OWNERSHIP_LOCK}`,
  )
  const name = rows[0]?.name ?? ''
  return name.startsWith(NAME_PREFIX) ? Number(name.slice(NAME_PREFIX.length)) : undefined
}
