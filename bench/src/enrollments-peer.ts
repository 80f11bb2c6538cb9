import { readFile } from 'node:fs/promises'
import { openDatabase, type SocketConnection } from '@sallyport/database'
import { createPeerDatabase } from './peer-database.ts'
import { findPgbench, type PgbenchOutcome, runPgbench } from './pgbench.ts'

/** The same enrollments as one SQL function each, called by pgbench, on the same PostgreSQL server. */
export interface EnrollmentsPeer {
  /** Each client takes a seat in one of so many sections and gives it up again. */
  enroll(load: { clients: number; seconds: number; sections: number }): Promise<PgbenchOutcome>
}

const database = 'enrollments_peer'

/** Makes the peer's database. @throws when there is no pgbench */
export async function createEnrollmentsPeer(
  server: SocketConnection,
  size: { readonly sections: number; readonly capacity: number },
): Promise<EnrollmentsPeer> {
  const pgbench = await findPgbench()
  const connection = await createPeerDatabase(server, database)
  const opened = openDatabase<Record<string, never>>({ service: database, connection })
  try {
    await opened.pool.query(await readFile(new URL('enrollments-peer.sql', import.meta.url), 'utf8'))
    await opened.pool.query('insert into section select id, $2 from generate_series(1, $1::int) as id', [
      size.sections,
      size.capacity,
    ])
    await opened.pool.query('vacuum analyze')
  } finally {
    await opened.close()
  }
  return {
    enroll({ clients, seconds, sections }) {
      const script = [
        `\\set section random(1, ${sections})`,
        'select enroll(:section, :client_id);',
        'select drop_student(:section, :client_id);',
      ].join('\n')
      return runPgbench(pgbench, { ...connection, script, clients, seconds })
    },
  }
}
