import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { createClient, type Transport } from './client.ts'
import { route } from './route.ts'

const remove = route({
  name: 'remove',
  summary: 'Remove a thing',
  method: 'DELETE',
  path: '/internal/things',
  door: 'internal',
  access: { who: 'service', from: ['other'] },
  replies: { 204: Type.Null() },
})

it('takes an answer without content for what a contract calls null, whatever comes along', async () => {
  for (const body of ['', 'null', 'noise']) {
    const transport: Transport = { send: async () => ({ status: 204, body }) }
    const call = createClient({ transport, credential: () => 'token' })
    expect(await call(remove, {})).toEqual({ status: 204, body: null })
  }
})
