import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import { createTestDatabase } from '@sallyport/database/testing'
import { type Clock, systemClock } from '@sallyport/kernel'
import {
  createOpenIdProvider,
  digestOfSecret,
  type OpenIdClient,
  type OpenIdDatabase,
  type OpenIdKeys,
  type OpenIdProviderParts,
  type Page,
  type PublishedKey,
} from '../src/index.ts'

const migrations = new URL('../migrations', import.meta.url).pathname
const testIssuer = 'http://sallyport.test/oidc'
export { testIssuer as issuer }

/** A key and what is published of it. */
async function newKey(
  kid: string,
  alg: 'RS256' | 'ES256' = 'RS256',
): Promise<{ privateKey: CryptoKey; published: PublishedKey; publicKey: KeyObject }> {
  const { privateKey, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const algorithm =
    alg === 'RS256' ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve: 'P-256' }
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    published: { ...publicKey.export({ format: 'jwk' }), kid, alg },
    publicKey,
  }
}

/** Keys that can be changed. */
async function changingKeys() {
  let current = await newKey('first')
  let published = [current.published]
  const listeners = new Set<() => void>()
  const keys: OpenIdKeys = {
    get current() {
      return { kid: current.published.kid, privateKey: current.privateKey }
    },
    get published() {
      return published
    },
    subscribe(listener) {
      listeners.add(listener)
      return { stop: () => void listeners.delete(listener) }
    },
  }
  return {
    keys,
    /** Publishes another key, which signs from the moment that the answer is called. */
    change: async (kid: string, alg?: 'RS256' | 'ES256'): Promise<() => void> => {
      const next = await newKey(kid, alg)
      published = [next.published, ...published]
      for (const listener of listeners) listener()
      return () => void (current = next)
    },
  }
}

const page = (html: string): Page => ({ status: 200, headers: {}, html })

/** A provider by itself on a port of its own: accounts are whoever the form names, sessions are open until ended. */
export async function startProvider(
  clients: readonly OpenIdClient[],
  {
    issuer = testIssuer,
    clock = systemClock,
    ...others
  }: { readonly issuer?: string; readonly clock?: Clock } & Partial<
    Pick<OpenIdProviderParts, 'accountPages' | 'callPrivateAddresses' | 'fetch'>
  > = {},
) {
  const database = await createTestDatabase<OpenIdDatabase>({ service: 'openid', migrations })
  const { keys, change } = await changingKeys()
  const known = new Map(clients.map((client) => [client.metadata.client_id, client]))
  const open = new Map<string, string>()
  const ended: string[] = []
  const errors: object[] = []
  const told: { url: string; body: string }[] = []
  const provider = createOpenIdProvider({
    issuer,
    db: database.database.db,
    clock,
    log: { error: (fields) => void errors.push(fields), warn: () => undefined },
    keys,
    cookieSecrets: [randomBytes(32).toString('base64url')],
    sealing: { seal: (text) => text.toUpperCase(), open: (sealed) => sealed.toLowerCase() },
    clients: {
      find: async (id) => known.get(id),
      register: async (client) => void known.set(client.metadata.client_id, client),
    },
    accounts: { find: async (id) => ({ id, claims: { email: `${id}@example.org` } }) },
    sessions: {
      bind: async (browserSession, session) => void open.set(browserSession, session),
      find: async (browserSession) => open.get(browserSession),
      async end(browserSession) {
        ended.push(browserSession)
        open.delete(browserSession)
      },
    },
    assurance: {
      acrs: ['low', 'middle', 'high'],
      strongestOf: async (id) => (id === 'ada' ? 'middle' : 'low'),
    },
    claims: { email: ['email'] },
    resources: [],
    pages: {
      signOut: ({ html }) => page(html),
      signedOut: () => page('signed out'),
      sendOn: ({ action, fields }) => page(`${action} ${JSON.stringify(fields)}`),
      failed: ({ code, status }) => ({ status, headers: {}, html: code }),
      enterCode: () => page('code'),
      confirmCode: ({ html }) => page(html),
      deviceSignedIn: () => page('signed in'),
    },
    questions: {
      ask: async ({ csrf, about, acr }) => page(`${about} (${acr.join()}): <input name="csrf" value="${csrf}">`),
      answer: async ({ about }, form) =>
        about === 'consent'
          ? { kind: 'allowed' }
          : {
              kind: 'signed-in',
              accountId: form.get('who') ?? '',
              session: 'session',
              amr: ['pwd'],
              acr: form.get('acr') ?? 'low',
            },
      gone: () => ({ status: 400, headers: {}, html: 'gone' }),
    },
    locales: ['en'],
    callPrivateAddresses: false,
    async fetch(input, init) {
      const { url, body } = { url: new Request(input).url, body: await new Response(init?.body).text() }
      told.push({ url, body })
      return new Response()
    },
    ...others,
  })
  const server = createServer((request, response) => provider.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const { port } = address
  return {
    provider,
    known,
    errors,
    /** What clients were told by themselves. */
    told,
    ended,
    /** The browser sessions that are open. */
    browserSessions: () => [...open.keys()],
    /** Ends all sessions of the service, whatever the browsers have. */
    endSessions: () => open.clear(),
    change,
    send: (request: Asked) => send(port, request),
    async stop() {
      provider.close()
      await new Promise((resolve) => server.close(resolve))
      await database.drop()
    },
  }
}

export interface Asked {
  readonly method?: string
  /** The request target, to the letter. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** Sends a request whose host and target may be anything. */
function send(port: number, { method, target, headers, form, json }: Asked): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const body = json ?? (form && new URLSearchParams(form).toString())
  const request = httpRequest(
    {
      port,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      path: target,
      agent: false,
      headers: { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    },
    (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        const isJson = response.headers['content-type']?.includes('json') === true
        const json: unknown = isJson ? JSON.parse(text) : {}
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: { ...Object(json) } })
      })
    },
  )
  request.on('error', reject)
  request.end(body)
  return promise
}

/** A client with a secret, and how it is sent. */
export function confidential(id: string, secrets: readonly string[], extra: object = {}): OpenIdClient {
  return {
    metadata: {
      client_id: id,
      client_name: id,
      redirect_uris: ['https://app.test/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      ...extra,
    },
    firstParty: true,
    secretDigests: secrets.map(digestOfSecret),
  }
}

export function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}
