import { onceInFile, rawConnection, statusesIn } from '../doors.ts'
import { openHouse } from '../conformance/harness.ts'

/** A door with a service behind it over HTTP, where two parsers read what came. */
export const openTheHouse = onceInFile(() => openHouse('over HTTP'))

/** Sends bytes as they are; gives the answers, and the requests that reached the service. */
export async function attack(bytes: string): Promise<{ statuses: number[]; reached: string[] }> {
  const house = await openTheHouse()
  house.arrivals.splice(0)
  const connection = await rawConnection(house.door)
  connection.socket.write(bytes, 'latin1')
  connection.socket.end()
  const { text } = await connection.closed()
  return { statuses: statusesIn(text), reached: house.arrivals.map(({ url }) => url) }
}

export const hidden = 'GET /raw/hidden HTTP/1.1\r\nHost: a\r\n\r\n'
