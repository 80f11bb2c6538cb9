import type { OtherIssuers } from '@sallyport/gateway'
import type { Clock } from '@sallyport/kernel'
import { createKeySet, type KeySet, type KeySetOptions, type PublicJwk } from '@sallyport/service'
import type { Logger } from 'pino'
import { request } from 'undici'
import type { IssuerConfig } from './config.ts'

/** How long an issuer may take to tell its keys, in milliseconds, and how many bytes they may have. */
const askTimeoutMs = 5000
const mostBytes = 1_000_000
/** However it is that no unknown key is met: a key that was withdrawn verifies nothing any more after so long. */
const refreshMs = 5 * 60_000

export interface OpenIssuers {
  readonly issuers: OtherIssuers
  stop(): void
}

/** The issuers of a configuration, with their keys as they are published. Nobody waits for one that is away. */
export function openIssuers(
  configs: Readonly<Record<string, IssuerConfig>>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): OpenIssuers {
  const issuers = new Map(
    Object.entries(configs).map(([name, config]) => {
      const onUnusable = (kid: string, err: unknown): void =>
        log.warn({ err, issuer: name, kid }, 'an issuer publishes a key that cannot be read')
      return [name, keysOf(config, { clock, onUnusable })] as const
    }),
  )
  const refresh = async (name: string, keys: KeySet): Promise<void> => {
    await keys
      .refresh()
      .catch((error: unknown) => log.warn({ err: error, issuer: name }, 'an issuer tells no keys now'))
  }
  const refreshAll = (): void => {
    for (const [name, keys] of issuers) void refresh(name, keys)
  }
  refreshAll()
  const timer = setInterval(refreshAll, refreshMs)
  return { issuers, stop: () => clearInterval(timer) }
}

function keysOf(config: IssuerConfig, parts: Pick<KeySetOptions, 'clock' | 'onUnusable'>): KeySet {
  const { issuer, audience, algorithms, jwksUrl } = config
  return createKeySet({
    issuer,
    audience,
    algorithms,
    ...parts,
    fetchKeys: async () => withAlgorithms(await fetchKeys(jwksUrl), config),
  })
}

async function fetchKeys(url: string): Promise<readonly PublicJwk[]> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(askTimeoutMs) })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    const piece = Buffer.from(chunk)
    bytes += piece.length
    if (bytes > mostBytes) throw new Error(`${url} answers more than ${mostBytes} bytes`)
    chunks.push(piece)
  }
  const answer: unknown = statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
  const keys: unknown = Reflect.get(Object(answer), 'keys')
  if (!Array.isArray(keys)) throw new Error(`${url} answers ${statusCode} and no keys`)
  return keys.filter((key): key is PublicJwk => typeof key === 'object' && key !== null)
}

const keyTypes = { RS256: 'RSA', ES256: 'EC', EdDSA: 'OKP' } as const

/** Some issuers do not say what a key is for (RFC 7517 §4.4 does not ask them to): then it is for what it can do of what counts. */
function withAlgorithms(keys: readonly PublicJwk[], { algorithms }: IssuerConfig): readonly PublicJwk[] {
  return keys.map((key) => {
    const alg = key['alg'] ?? algorithms.find((name) => keyTypes[name] === key['kty'])
    return alg === undefined ? key : { ...key, alg }
  })
}
