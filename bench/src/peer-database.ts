import { openDatabase, type SocketConnection } from '@sallyport/database'

/** Makes a database for a peer on the same server, to be used as its administrator, whom everybody is who can open its socket. */
export async function createPeerDatabase(
  { host, port }: Pick<SocketConnection, 'host' | 'port'>,
  database: string,
): Promise<SocketConnection> {
  const connection = { host, port, user: 'postgres', database: 'postgres' }
  const common = openDatabase<Record<string, never>>({ service: database, connection })
  try {
    await common.pool.query(`create database ${database}`)
  } finally {
    await common.close()
  }
  return { ...connection, database }
}
