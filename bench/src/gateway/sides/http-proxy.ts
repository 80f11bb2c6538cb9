import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'
import { announce, readOptions } from './options.ts'

const { upstream = '' } = readOptions()
const proxy = createProxyServer({ target: upstream, agent: new Agent({ keepAlive: true }) })
const server = createServer((request, response) => proxy.web(request, response))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') announce(`http://127.0.0.1:${address.port}`)
})
