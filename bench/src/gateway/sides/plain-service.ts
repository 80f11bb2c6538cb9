import Fastify from 'fastify'
import { readThing, thing } from '../shop.ts'
import { announce } from './options.ts'

const app = Fastify()
const schema = { params: readThing.params, response: readThing.replies }
app.get<{ Params: { name: string } }>(readThing.path, { schema }, async ({ params }) => ({
  ...thing,
  name: params.name,
}))
announce(await app.listen({ host: '127.0.0.1', port: 0 }))
