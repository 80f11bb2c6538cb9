import { createServer } from 'node:http'
import { thing } from '../shop.ts'
import { announce } from './options.ts'

const body = JSON.stringify(thing)
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
const server = createServer((_request, response) => void response.writeHead(200, headers).end(body))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') announce(`http://127.0.0.1:${address.port}`)
})
