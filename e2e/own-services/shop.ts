import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { PORT = '3000', SALLYPORT = 'http://localhost:8080' } = process.env

// Tokens for the shop are signed by the gateway, under a name of its own. Nobody else's are taken.
const issuer = `${SALLYPORT}/gateway`
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))

async function whoCalls(authorization = ''): Promise<string> {
  if (authorization === '') return 'nobody'
  const { payload } = await jwtVerify(authorization.replace('Bearer ', ''), keys, { issuer, audience: 'shop' })
  return `${String(payload['username'])} (${String(payload['role'])})`
}

createServer((request, response) => {
  const answer = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
  }
  whoCalls(request.headers.authorization).then(
    (caller) => answer(200, `shop ${PORT}: ${request.method} ${request.url} for ${caller}`),
    () => answer(401, 'This token is not for the shop'),
  )
}).listen(Number(PORT), '127.0.0.1')
