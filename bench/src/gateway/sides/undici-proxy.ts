import { createServer } from 'node:http'
import { Pool } from 'undici'
import { announce, readOptions } from './options.ts'

/*
 * The least that a proxy made of these two can cost: it passes on what comes, and nothing that goes wrong is looked at.
 */

const { upstream = '' } = readOptions()
const pool = new Pool(upstream, { connections: 1000 })
const server = createServer((request, response) => {
  pool.dispatch(
    { method: 'GET', path: request.url ?? '/', headers: request.rawHeaders },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, headers) => void response.writeHead(status, headers),
      onResponseData: (_controller, chunk) => void response.write(chunk.toString('latin1'), 'latin1'),
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') announce(`http://127.0.0.1:${address.port}`)
})
