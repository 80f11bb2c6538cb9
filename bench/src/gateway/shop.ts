import { problemDetails, route, type ServiceContract, signedIn } from '@sallyport/contracts'
import { Type } from 'typebox'

/** What every side is asked for. */
export const path = '/v1/things/hat'
/** What every service answers. */
export const thing = { name: 'hat', pieces: 3, owner: '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11' }

const Thing = Type.Object({ name: Type.String(), pieces: Type.Integer(), owner: Type.String() })

export const readThing = route({
  name: 'readThing',
  summary: 'Read a thing',
  method: 'GET',
  path: '/v1/things/:name',
  door: 'public',
  access: { ...signedIn, scope: 'things:read' },
  params: Type.Object({ name: Type.String() }),
  replies: { 200: Thing },
})

export const shop: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/v1' },
      forbidden: {},
      routes: [readThing],
    },
  ],
}
