import { beforeEach, describe, expect, it } from 'vitest'
import { openDoors, rawConnection, statusesIn } from '../doors.ts'
import { head, patient } from './hostile.ts'
import { modes, wayTo } from './ways.ts'

const smuggled = 'GET /api/shop/things/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
const post = 'POST /api/shop/things/x HTTP/1.1'

/** What must be refused whole, named by what is wrong with it. */
const ambiguous: readonly (readonly [string, string])[] = [
  ['two lengths', head(post, 'Content-Length: 0', `Content-Length: ${smuggled.length}`)],
  ['the same length twice', head(post, 'Content-Length: 5', 'Content-Length: 5')],
  ['a list of lengths', head(post, 'Content-Length: 5, 5')],
  ['a length with a sign', head(post, 'Content-Length: +5')],
  ['a length in hexadecimal', head(post, 'Content-Length: 0x5')],
  ['a length and chunks', head(post, 'Content-Length: 4', 'Transfer-Encoding: chunked')],
  ['chunks and a length', head(post, 'Transfer-Encoding: chunked', 'Content-Length: 4')],
  ['chunks that are not the last encoding', head(post, 'Transfer-Encoding: chunked, identity')],
  ['an encoding that is none', head(post, 'Transfer-Encoding: identity')],
  ['an encoding beside chunks', head(post, 'Transfer-Encoding: gzip, chunked')],
  ['chunks twice', head(post, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['chunks in another spelling', head(post, 'Transfer-Encoding: "chunked"')],
  ['chunks behind a sign', head(post, 'Transfer-Encoding: \u000bchunked')],
  ['chunks of a protocol that has none', head('POST /api/shop/things/x HTTP/1.0', 'Transfer-Encoding: chunked')],
  ['a space before the colon', head(post, 'Content-Length : 5')],
  ['a space before a name', head(post, ' Content-Length: 5')],
  ['a folded line', head(post, 'X-Folded: a', ' b')],
  ['a folded encoding', head(post, 'Transfer-Encoding:', ' chunked')],
  ['a bare carriage return', head(post, 'X-Bare: a\rTransfer-Encoding: chunked')],
  ['a bare line feed', head(post, 'X-Bare: a\nTransfer-Encoding: chunked')],
  ['line feeds alone', head(post, 'Content-Length: 5').replaceAll('\r', '')],
  ['a sign that cannot be', head(post, 'X-Zero: a\u0000b')],
  ['a name that is none', head(post, 'X(Name): a')],
  ['a header without a colon', head(post, 'Transfer-Encoding')],
  ['no host', `${post}\r\n\r\n`],
  ['two hosts', head(post, 'Host: b')],
  ['a version that is none', head('POST /api/shop/things/x HTTP/1.2')],
  ['a method in small letters', head('post /api/shop/things/x HTTP/1.1')],
  ['a target that is no path', head('GET api/shop/things/x HTTP/1.1')],
]

describe.each(modes)('a request that can be read in two ways, to a service %s,', async (mode) => {
  const { dispatcher, arrivals } = await wayTo(mode, patient)
  const doors = await openDoors(dispatcher)
  beforeEach(() => void arrivals.splice(0))
  const reached = (): string[] => arrivals.map(({ url }) => url)

  it.each(ambiguous)('is refused, and nothing behind it is taken for a request: %s', async (_, text) => {
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(`${text}0\r\n\r\n${smuggled}`, 'latin1')
    connection.socket.end()
    const statuses = statusesIn((await connection.closed()).text)
    expect(statuses[0]).toBe(400)
    expect(statuses).not.toContain(200)
    expect(reached()).toEqual([])
  })

  it.each([
    ['a size that is none', 'x\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond measure', 'fffffffffffffffff\r\na\r\n0\r\n\r\n'],
    ['a negative size', '-1\r\na\r\n0\r\n\r\n'],
    ['more than its size', '1\r\nabc\r\n0\r\n\r\n'],
    ['an extension without end', `1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`],
  ])('is not answered as a whole one, in chunks: %s', async (_, chunks) => {
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(head(post, 'Transfer-Encoding: chunked') + chunks + smuggled)
    connection.socket.end()
    const statuses = statusesIn((await connection.closed()).text)
    expect(statuses.filter((status) => status === 200)).toHaveLength(0)
    expect(reached().filter((url) => url.includes('smuggled'))).toEqual([])
  })
})
