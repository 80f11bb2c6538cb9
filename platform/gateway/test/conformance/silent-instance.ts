import { createServer } from 'node:http'

/** A process of the shop that a test can stop and wake. */
const server = createServer((_request, response) => response.writeHead(200, { 'x-instance': 'child' }).end())
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
