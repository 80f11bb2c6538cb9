import proxy from '@fastify/http-proxy'
import { platformAudience } from '@sallyport/service'
import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import { issuerName } from '../tokens.ts'
import { announce, readOptions } from './options.ts'

const { upstream = '', publicPem } = readOptions()
const verify = createVerifier({
  key: publicPem,
  algorithms: ['RS256'],
  allowedIss: issuerName,
  allowedAud: platformAudience,
  cache: 10_000,
})
const app = Fastify()
await app.register(proxy, {
  upstream,
  preHandler: ({ headers }, reply, done) => {
    try {
      verify(headers.authorization?.slice('Bearer '.length) ?? '')
      done()
    } catch {
      void reply.code(401).send({ title: 'Unauthorized' })
    }
  },
})
announce(await app.listen({ host: '127.0.0.1', port: 0 }))
