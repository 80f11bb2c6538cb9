import { anyone, problemDetails, route, type ServiceContract, uploadedFile } from '@sallyport/contracts'
import { createService, handle, ok } from '@sallyport/service'
import { pino } from 'pino'
import { Type } from 'typebox'
import { inProcessDispatcher } from '../../src/index.ts'
import { onceInFile, openDoors } from '../doors.ts'
import { authentication } from '../support.ts'

const giveName = route({
  name: 'giveName',
  summary: 'Takes a form',
  method: 'POST',
  path: '/forms/name',
  door: 'public',
  access: anyone,
  // With a file among its fields a form may be large enough to be read in pieces.
  form: Type.Object({ name: Type.String(), file: Type.Optional(uploadedFile('any')) }),
  replies: { 200: Type.Object({ name: Type.String() }) },
})

const contract: ServiceContract = {
  name: 'forms',
  title: 'Forms',
  surfaces: [
    {
      name: 'forms.own',
      dialect: problemDetails,
      decidedBy: 'service',
      prefixes: { public: '/forms' },
      forbidden: {},
      routes: [giveName],
    },
  ],
}

/** A door with a service in the same process that takes forms: what stops the one stops the other. */
const openForms = onceInFile(async () => {
  const service = await createService({
    contract,
    authentication,
    log: pino({ level: 'silent' }),
    routes: [handle(giveName, async ({ body }) => ok({ name: body.name }))],
  })
  return openDoors(inProcessDispatcher(service), {
    contracts: [contract],
    dispatchers: new Map([['forms', inProcessDispatcher(service)]]),
  })
})

/** Sends a multipart form as it is. @returns the status of the answer */
export async function post(body: string, boundary = 'b'): Promise<number> {
  const { addresses } = await openForms()
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  const answer = await fetch(`${addresses.public}/forms/name`, { method: 'POST', headers, body })
  await answer.body?.cancel()
  return answer.status
}

/** A part with the field that the form has to have. */
export function part(boundary = 'b', name = 'ada'): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n${name}\r\n`
}

export const end = (boundary = 'b'): string => `--${boundary}--\r\n`
