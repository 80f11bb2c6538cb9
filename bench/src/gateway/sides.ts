import { isInstalled, startHaproxy, startNginxProxy } from './engines.ts'
import { type Running, startNode } from './running.ts'
import type { Issuer } from './tokens.ts'

export interface Ground {
  /** For what the sides write down. */
  readonly directory: string
  readonly issuer: Issuer
  /** Answers everything, on the cores of the load: what it does is not counted. */
  readonly upstream: string
}

export const credentials = ['one token', '1000 tokens', '1000 API keys'] as const
/** What a request is sent with. */
export type Credential = (typeof credentials)[number]

/** Something that stands between clients and a service, or the service too; all of it runs on a core of its own. */
export interface Side {
  readonly name: string
  /** The program without which there is none. */
  readonly needs?: string
  readonly credentials: readonly Credential[]
  start(ground: Ground): Promise<Running>
}

const tokens = ['one token', '1000 tokens'] as const

export const names = {
  haproxy: 'HAProxy, jwt_verify',
  fastify: '@fastify/http-proxy, fast-jwt',
  haproxyAndPlain: 'HAProxy, jwt_verify + Fastify',
  haproxyAndOurs: 'HAProxy, jwt_verify + our service',
  remote: 'Sallyport over HTTP',
  inProcess: 'Sallyport, service in process',
}

export const sides: readonly Side[] = [
  {
    name: 'nginx, looks at no token',
    needs: 'nginx',
    credentials: ['one token'],
    start: ({ directory, upstream }) => startNginxProxy(directory, upstream),
  },
  {
    name: 'http-proxy-3, looks at no token',
    credentials: ['one token'],
    start: (ground) => startNode('http-proxy', told(ground), 'first'),
  },
  {
    name: 'Node and undici, look at no token',
    credentials: ['one token'],
    start: (ground) => startNode('undici-proxy', told(ground), 'first'),
  },
  {
    name: 'Fastify alone, looks at no token',
    credentials: ['one token'],
    start: (ground) => startNode('plain-service', told(ground), 'first'),
  },
  { name: names.fastify, credentials: tokens, start: (ground) => startNode('fastify-proxy', told(ground), 'first') },
  {
    name: names.haproxy,
    needs: 'haproxy',
    credentials: tokens,
    start: ({ directory, upstream, issuer: { publicPem } }) =>
      startHaproxy(directory, { upstream, name: 'alone', publicPem }),
  },
  { name: names.remote, credentials, start: (ground) => startNode('ours', told(ground), 'first') },
  { name: names.haproxyAndPlain, needs: 'haproxy', credentials: tokens, start: haproxyBefore('plain-service') },
  {
    name: names.inProcess,
    credentials,
    start: (ground) => startNode('ours', { ...told(ground), upstream: undefined }, 'first'),
  },
  { name: names.haproxyAndOurs, needs: 'haproxy', credentials: tokens, start: haproxyBefore('service') },
]

/** Why a side cannot be measured here. */
export async function missing({ needs }: Side): Promise<string | undefined> {
  return needs === undefined || (await isInstalled(needs)) ? undefined : `${needs} is not installed`
}

/** What a side in Node is told. */
export function told({ upstream, issuer }: Ground) {
  const { publicJwk, publicPem } = issuer
  return { upstream, publicJwk, publicPem, token: issuer.sign() }
}

function haproxyBefore(module: string): Side['start'] {
  return async (ground) => {
    const service = await startNode(module, told(ground), 'first')
    const { directory, issuer } = ground
    const parts = { upstream: service.url, name: module, publicPem: issuer.publicPem }
    const haproxy = await startHaproxy(directory, parts).catch(async (error: unknown) => {
      await service.stop()
      throw error
    })
    return {
      url: haproxy.url,
      pids: [...haproxy.pids, ...service.pids],
      async stop() {
        await haproxy.stop()
        await service.stop()
      },
    }
  }
}
