import type { PublicJwk } from '@sallyport/service'

/** What a side is told when it is started. */
export interface SideOptions {
  /** Where the service is, for sides that have none themselves. */
  readonly upstream?: string
  readonly publicJwk: PublicJwk
  readonly publicPem: string
  /** What an API key is exchanged for. */
  readonly token?: string
}

export function readOptions(): SideOptions {
  const options: SideOptions = JSON.parse(process.argv[2] ?? '{}')
  return options
}

/** Says where it listens. */
export function announce(url: string): void {
  process.send?.(url)
}
