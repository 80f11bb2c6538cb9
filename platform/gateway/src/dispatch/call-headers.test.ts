import { createServer, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { DoorResponse } from '../door-response.ts'
import { readAnswerHead } from '../http-client/answer-head.ts'
import { withheldBy } from '../policy/header-hygiene.ts'
import { passedOn, takeOver } from './call-headers.ts'

let take: (response: DoorResponse) => void = () => undefined
const server = createServer({ IncomingMessage, ServerResponse: DoorResponse }, (_request, response) => take(response))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())
const address = server.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

/** What a client gets of an answer with this head, as it goes over the connection. */
async function toldOf(text: string): Promise<string> {
  take = (response) => {
    try {
      takeOver(readAnswerHead(text), response)
      response.end()
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined)
    }
  }
  const bytes = await new Promise<string>((resolve, reject) => {
    let all = ''
    connect(port, '127.0.0.1')
      .setEncoding('latin1')
      .on('error', reject)
      .on('data', (piece) => (all += piece.toString()))
      .on('close', () => resolve(all))
      .write(`HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  })
  return bytes
}

describe('the head of an answer', () => {
  it('is passed on whatever it says: what can be read can be written', async () => {
    const name = fc.oneof(
      fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,12}$/),
      fc.constantFrom('__proto__', 'constructor', 'Content-Disposition', 'Date', 'Set-Cookie', 'Trailer'),
      fc.constantFrom('Connection', 'Keep-Alive', 'Content-Type', 'Link', 'Status', 'Upgrade', 'Sec-WebSocket-Accept'),
    )
    const value = fc.oneof(fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,20}$/), fc.constantFrom('', 'close', '日本'))
    const latin1 = value.map((text) => (/^[\0-\xff]*$/.test(text) ? text : Buffer.from(text).toString('latin1')))
    const framing = fc.constantFrom([], ['Content-Length: 7'], ['Transfer-Encoding: chunked'])
    const status = fc.constantFrom(200, 204, 205, 304, 404, 418, 500, 600, 999)
    const fields = fc.array(fc.tuple(name, latin1), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(status, fields, fields, framing, async (code, before, behind, length) => {
        const lines = (of: readonly [string, string][]): string[] => of.map(([key, text]) => `${key}: ${text}`)
        const all = [`HTTP/1.1 ${code} \x80`, ...lines(before), ...length, ...lines(behind), '']
        const { status: read, headers, connection } = readAnswerHead(all.join('\r\n'))
        const isWithheld = withheldBy(connection)
        const [line, ...told] = (await toldOf(all.join('\r\n'))).split('\r\n')
        expect(line).toMatch(new RegExp(`^HTTP/1\\.1 ${read} [ \\w'-]+$`))
        for (let index = 0; index < headers.length; index += 2) {
          const [key = '', text = ''] = [headers[index], headers[index + 1]]
          if (!isWithheld(key) && key !== 'content-length') expect(told).toContain(`${key}: ${text}`)
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['of an answer', 'HTTP/1.1 200 OK', ['content-length', '7']],
    ['where nothing has changed', 'HTTP/1.1 304 Not Modified', ['content-length', '7']],
    ['but not of nothing', 'HTTP/1.1 204 No Content', []],
    ['but not where another protocol follows', 'HTTP/1.1 101 Switching Protocols', []],
  ])('says the length %s', (_what, line, headers) => {
    expect(passedOn(readAnswerHead(`${line}\r\nContent-Length: 7\r\n`))).toEqual(headers)
  })
})
