import { request, type IncomingMessage } from 'node:http'
import { picturesDialect, route, type ServiceContract, uploadedFile } from '@sallyport/contracts'
import { type AccountId, newId } from '@sallyport/kernel'
import { Type } from 'typebox'
import { afterEach, describe, expect, it } from 'vitest'
import { type Authentication, createService, handle, ok, type Service } from '../src/index.ts'
import { type UploadLimits, UploadPlaces } from '../src/uploads.ts'
import { silent } from './support.ts'

const scope = 'things:send'
const sendThing = route({
  name: 'sendThing',
  summary: 'Send a file',
  method: 'POST',
  path: '/things',
  door: 'public',
  access: { who: 'account', scope },
  form: Type.Object({ file: uploadedFile('anything'), title: Type.String() }),
  replies: { 200: Type.Object({ title: Type.String(), bytes: Type.Integer(), name: Type.String() }) },
})
const contract: ServiceContract = {
  name: 'things',
  title: 'Things',
  surfaces: [
    {
      name: 'things',
      dialect: picturesDialect,
      decidedBy: 'door',
      prefixes: { public: '/things' },
      forbidden: {},
      routes: [sendThing],
    },
  ],
}

const ids = new Map<string, AccountId>()
/** Knows everybody by the name that is their token; `reader` may read alone. */
const people: Authentication = {
  account(authorization) {
    const name = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1]
    if (name === undefined) return 'missing'
    const accountId = ids.get(name) ?? newId<AccountId>()
    ids.set(name, accountId)
    const scopes = name === 'reader' ? [] : [scope]
    const expiresAt = Number.MAX_SAFE_INTEGER
    return {
      kind: 'account',
      accountId,
      sessionId: newId(),
      username: name,
      role: 'user',
      roles: ['user'],
      scopes,
      expiresAt,
    }
  },
  service: async () => 'invalid',
}

const services: Service[] = []
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop()
})
async function start(uploads?: UploadLimits): Promise<string> {
  const routes = [
    handle(sendThing, async ({ body: { file, title } }) => ok({ title, bytes: file.bytes.length, name: file.name })),
  ]
  const service = await createService({
    contract,
    routes,
    authentication: people,
    log: silent,
    ...(uploads && { uploads }),
  })
  services.push(service)
  return service.listen({ host: '127.0.0.1', port: 0 })
}

const part = (disposition: string, content: string): string =>
  `Content-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`
const formOf = (boundary: string, ...parts: string[]): string =>
  `${parts.map((one) => `--${boundary}\r\n${one}`).join('')}--${boundary}--\r\n`
const thing = [part('name="title"', 'Orión'), part('name="file"; filename="☃.bin"', 'bytes')]

async function send(url: string, name: string, body = formOf('b', ...thing), type = 'multipart/form-data; boundary=b') {
  const headers = { authorization: `Bearer ${name}`, 'content-type': type }
  const answer = await fetch(`${url}/things`, { method: 'POST', body, headers })
  const read: unknown = await answer.json()
  return { status: answer.status, body: read }
}

/** A request whose body has begun and does not go on. */
function begin(url: string, name: string) {
  const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage | undefined>()
  const headers = {
    authorization: `Bearer ${name}`,
    'content-type': 'multipart/form-data; boundary=b',
    'content-length': 1000,
    // Answered with 100 once the request is let in.
    expect: '100-continue',
  }
  const sending = request(`${url}/things`, { method: 'POST', headers, agent: false })
  sending.on('response', resolve)
  sending.on('error', () => resolve(undefined))
  const { promise: begun, resolve: begins } = Promise.withResolvers<void>()
  sending.on('continue', () => sending.write('--b\r\n', () => begins()))
  return { begun, answered, leave: () => sending.destroy() }
}

describe('S-C5 the parts of a form', () => {
  it.each([
    ['a boundary of one character', formOf('b', ...thing), 'multipart/form-data; boundary=b'],
    ['a boundary in quotes', formOf('b b', ...thing), 'multipart/form-data; boundary="b b"'],
    ['its type in capitals', formOf('b', ...thing), 'Multipart/Form-Data; Boundary=b'],
    ['words before and after it', `before\r\n${formOf('b', ...thing)}after`, 'multipart/form-data; boundary=b'],
    ['fields that nobody asked for', formOf('b', ...thing, part('name="__proto__"', 'x')), undefined],
    ['a field twice', formOf('b', part('name="title"', 'first'), ...thing), undefined],
  ])('are read with %s', async (_what, body, type) => {
    const url = await start()
    const taken = { title: 'Orión', bytes: 5, name: '☃.bin' }
    expect(await send(url, 'ada', body, type)).toEqual({ status: 200, body: taken })
  })

  it.each([
    ['that break off', formOf('b', ...thing).slice(0, -6), undefined],
    ['behind another boundary', formOf('c', ...thing), undefined],
    ['without a boundary', formOf('b', ...thing), 'multipart/form-data'],
    ['of another kind', formOf('b', ...thing), 'multipart/mixed; boundary=b'],
    ['that are not there', '', undefined],
    [
      'that are too many',
      formOf('b', ...thing, ...Array.from({ length: 10_000 }, () => part('name="x"', ''))),
      undefined,
    ],
  ])('%s are a 400', async (_what, body, type) => {
    const url = await start()
    expect((await send(url, 'ada', body, type)).status).toBe(400)
  })
})

describe('S-C7 who sends a file', () => {
  it.each([
    ['nobody', 401],
    ['reader', 401],
  ])('and is %s is refused before it comes', async (name, status) => {
    const url = await start()
    const upload = begin(url, name === 'nobody' ? '' : name)
    expect((await upload.answered)?.statusCode).toBe(status)
  })
})

describe('files on their way', () => {
  const patient = { most: 3, mostPerCaller: 1, patienceMs: 1_000_000 }

  it('keep their place from their own sender, and not from others', async () => {
    const url = await start(patient)
    const slow = begin(url, 'ada')
    await slow.begun
    expect((await send(url, 'ada')).status).toBe(503)
    expect((await send(url, 'bob')).status).toBe(200)
    slow.leave()
    await expect.poll(async () => (await send(url, 'ada')).status).toBe(200)
  })

  it('wait for a place when all are taken, and the slow ones give theirs up', async () => {
    const url = await start({ ...patient, patienceMs: 0 })
    const slow = ['ada', 'bob', 'cai'].map((name) => begin(url, name))
    for (const { begun } of slow) await begun
    expect((await send(url, 'dan')).status).toBe(200)
    const [oldest] = slow
    expect((await oldest?.answered)?.statusCode).toBe(408)
    for (const { leave } of slow) leave()
  })

  it('are not hurried before their time', () => {
    let now = 0
    const places = new UploadPlaces({ most: 2, mostPerCaller: 1, patienceMs: 100 }, () => now)
    const givenUp: string[] = []
    const upload = (caller: string, isWhole = false) => ({
      caller,
      isWhole: () => isWhole,
      giveUp: () => void givenUp.push(caller),
    })
    expect(places.take(upload('judged', true))).toBeDefined()
    const leave = places.take(upload('slow'))
    now = 99
    expect(places.take(upload('early'))).toBeUndefined()
    now = 100
    // What is here as a whole and is being judged keeps its place.
    expect(places.take(upload('late'))).toBeDefined()
    expect(givenUp).toEqual(['slow'])
    leave?.()
    expect(places.take(upload('another'))).toBeUndefined()
  })
})
