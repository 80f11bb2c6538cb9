import { onceInFile, rawConnection, sendRaw, statusesIn } from '../doors.ts'
import { openHouse } from '../conformance/harness.ts'

/** A door with a service behind it over HTTP, where two parsers read what came. */
export const openTheHouse = onceInFile(() => openHouse('over HTTP'))

/** What came of some bytes: the answers, and the requests that reached the service. */
interface Outcome {
  readonly statuses: number[]
  readonly reached: string[]
}

/** Sends bytes as they are, and nothing after them. */
export async function attack(bytes: string): Promise<Outcome> {
  const house = await openTheHouse()
  house.arrivals.splice(0)
  const connection = await rawConnection(house.door)
  connection.socket.write(bytes, 'latin1')
  connection.socket.end()
  const { text } = await connection.closed()
  return { statuses: statusesIn(text), reached: house.arrivals.map(({ url }) => url) }
}

/** Sends bytes of which the door has to answer all before it closes the connection. */
export async function ask(bytes: string): Promise<Outcome> {
  const house = await openTheHouse()
  house.arrivals.splice(0)
  const text = await sendRaw(house.door, bytes)
  return { statuses: statusesIn(text), reached: house.arrivals.map(({ url }) => url) }
}

export const hidden = 'GET /raw/hidden HTTP/1.1\r\nHost: a\r\n\r\n'
