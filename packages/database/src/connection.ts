/** A PostgreSQL reached over its Unix socket, as the embedded one is. */
export interface SocketConnection {
  /** The directory that holds the socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** A PostgreSQL named by its address, which may hold a password and therefore never appears in a message. */
export interface UrlConnection {
  readonly url: string
}

export type PostgresConnection = SocketConnection | UrlConnection

/** The connection in the words of `pg`. */
export function toClientConfig(
  connection: PostgresConnection,
): { connectionString: string } | { host: string; port: number; user: string; database: string } {
  if ('url' in connection) return { connectionString: connection.url }
  const { host, port, user, database } = connection
  return { host, port, user, database }
}

/** The connection as an address, for a process that is told of it by its settings. */
export function toUrl({ host, port, user, database }: SocketConnection): string {
  const address = new URLSearchParams({ host, port: String(port) }).toString()
  return `postgres://${user}@localhost/${database}?${address}`
}
