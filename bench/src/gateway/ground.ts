import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canPin, pin } from '../cores.ts'
import { isInstalled, startNginxUpstream } from './engines.ts'
import { type Running, startNode } from './running.ts'
import type { Credential, Ground } from './sides.ts'
import { createIssuer, type Issuer } from './tokens.ts'
import { type Ammunition, prepareShot } from './wrk.ts'

/** Where sides are measured, and what they are sent. */
export interface ProvingGround extends Ground {
  readonly ammunition: Readonly<Record<Credential, Ammunition>>
}

/** Prepares everything that is not a side: one core is theirs, the load and what answers it have the others. */
export async function withGround<Result>(use: (ground: ProvingGround) => Promise<Result>): Promise<Result> {
  if (!(await canPin())) throw new Error('this needs two cores and `taskset`')
  if (!(await isInstalled('wrk'))) throw new Error('this needs `wrk`')
  await pin(process.pid, 'others')
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const issuer = createIssuer()
  let upstream: Running | undefined
  try {
    upstream = await startUpstream(directory, issuer)
    return await use({ directory, issuer, upstream: upstream.url, ammunition: await prepare(directory, issuer) })
  } finally {
    await upstream?.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function startUpstream(directory: string, { publicJwk, publicPem }: Issuer): Promise<Running> {
  if (await isInstalled('nginx')) return startNginxUpstream(directory, 'others')
  return startNode('node-upstream', { publicJwk, publicPem }, 'others')
}

async function prepare(directory: string, issuer: Issuer): Promise<Readonly<Record<Credential, Ammunition>>> {
  const tokens = Array.from({ length: 1000 }, () => [`authorization: Bearer ${issuer.sign()}`])
  const keys = Array.from({ length: 1000 }, (_, index) => [`x-api-key: ${String(index).padStart(40, 'k')}`])
  return {
    'one token': await prepareShot(directory, 'one', tokens.slice(0, 1)),
    '1000 tokens': await prepareShot(directory, 'many', tokens),
    '1000 API keys': await prepareShot(directory, 'keys', keys),
  }
}
