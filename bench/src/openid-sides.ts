import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toUrl, useEmbeddedPostgres } from '@sallyport/database'
import { addressesOf } from '@sallyport/e2e/parts'
import { launch } from '@sallyport/e2e/program'
import { type Door, openDoor } from './door.ts'
import type { Installation } from './installation.ts'
import { type Client, obtainRefreshToken, type Provider } from './openid-sign-in.ts'
import { collectForEach } from './load.ts'
import { newName, registration } from './players.ts'

/** One of the providers that are measured side by side. */
export interface Side extends Provider {
  readonly name: string
  /** The process that answers. */
  readonly pid: number
  /** One for each client, replaced whenever it is used. */
  readonly refreshTokens: string[]
}

export interface Sides {
  readonly peer: Side
  /** An identity part by itself, asked at its own port. */
  readonly part: Side
  /** The whole program, asked through its public door. */
  readonly program: Side
  readonly stop: () => Promise<void>
}

/** Starts what is measured beside the program of the installation; each side has so many people signed in. */
export async function startSides(
  { program, dataDirectory, publicDoor }: Installation,
  client: Client,
  clients: number,
): Promise<Sides> {
  const issuer = `http://localhost:${new URL(program.addresses.public).port}/oidc`
  const peer = await startPeer(client, clients)
  const part = await startPart(dataDirectory, new URL(issuer).origin, clients)
  const stop = async (): Promise<void> => {
    for (const { door, end } of [peer, part]) {
      await door.close()
      await end()
    }
  }
  try {
    const tokensOf = (provider: Provider, names: readonly string[]): Promise<string[]> =>
      collectForEach(names, 8, (name) => obtainRefreshToken(provider, client, name))
    const names = Array.from({ length: clients }, newName)
    await collectForEach(names, 8, (name) => publicDoor.insist(200, registration(name)))
    const throughDoor = { issuer, door: publicDoor, tokenPath: '/oidc/token' }
    const alone = { issuer: peer.issuer, door: peer.door, tokenPath: '/token' }
    // The part and the program have one database, so their tokens are the same.
    const refreshTokens = await tokensOf(throughDoor, names)
    return {
      peer: {
        ...alone,
        name: 'oidc-provider in memory',
        pid: peer.pid,
        refreshTokens: await tokensOf(alone, names),
      },
      part: {
        ...throughDoor,
        door: part.door,
        name: 'an identity part',
        pid: part.pid,
        refreshTokens,
      },
      program: {
        ...throughDoor,
        name: 'through the public door',
        pid: program.pid,
        refreshTokens,
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Started {
  readonly pid: number
  readonly door: Door
  readonly end: () => Promise<unknown>
}

async function startPeer(client: Client, clients: number): Promise<Started & { readonly issuer: string }> {
  const script = fileURLToPath(new URL('openid-peer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, client.id, client.secret, client.redirectUri], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const issuer = await issuerOf(child)
  return {
    issuer,
    pid: child.pid ?? 0,
    door: openDoor(issuer, clients),
    async end() {
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

async function issuerOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new TypeError('the peer has no output')
  for await (const line of createInterface({ input: stdout })) {
    const [, issuer] = /^listens on (\S+)$/.exec(line) ?? []
    if (issuer !== undefined) return issuer
  }
  throw new Error('the peer ended at its start')
}

/** One more process of identity, on the database of the program. */
async function startPart(dataDirectory: string, publicUrl: string, clients: number): Promise<Started> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  // Called when accounts go, which none does here.
  const nobody = 'http://127.0.0.1:9'
  const launched = launch(['serve', 'identity'], {
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_URL: publicUrl,
    SALLYPORT_INSTANCE: 'bench',
    SALLYPORT_PORT: '0',
    DATABASE_URL_IDENTITY: toUrl(postgres.connection('identity', 'service')),
    DATABASE_URL_IDENTITY_OWNER: toUrl(postgres.connection('identity', 'owner')),
    SALLYPORT_URL_WALLET: nobody,
    SALLYPORT_URL_GACHA: nobody,
    SALLYPORT_URL_AUCTION: nobody,
  })
  const { identity = '' } = await addressesOf(launched, ['identity'])
  return {
    pid: launched.process.pid ?? 0,
    door: openDoor(identity, clients),
    end: () => launched.end('SIGTERM'),
  }
}
