import { signing } from '@sallyport/gateway'
import type { Logger } from 'pino'
import { keepLooking } from '../keep-looking.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'
import { type KeyFiles, parseKeyFiles, readKeyFiles, readOrMakeKeyFiles } from './key-files.ts'

/** How often is looked whether there are other keys, in milliseconds. */
const lookEveryMs = 2000

/** The keys that the gateway signs with, and whatever becomes of their files. */
export interface OpenGatewayKeys {
  readonly keys: signing.GatewayKeys
  /** Goes over to other files as they come. */
  follow(): { stop(): void }
}

/** Reads the keys of the gateway; at the first start they are made. @throws {GatewayKeysUnusable} @throws {InvalidSettings} */
export async function openGatewayKeys(
  { gatewayKeys: { directory, signingKeyId } }: Pick<Settings, 'gatewayKeys'>,
  { log, lookMs = lookEveryMs }: { readonly log: Logger; readonly lookMs?: number },
): Promise<OpenGatewayKeys> {
  let current = await readOrMakeKeyFiles(directory)
  const keys = create(await parseKeyFiles(directory, current), signingKeyId)
  return {
    keys,
    follow() {
      let failure = ''
      return keepLooking(async () => {
        try {
          const next = await readKeyFiles(directory)
          if (next && !isSame(next, current)) {
            keys.use(await parseKeyFiles(directory, next))
            current = next
            log.info({ signingKeyId: keys.signingKeyId }, 'the gateway has other keys from now on')
          }
          failure = ''
        } catch (error) {
          // While one of two files has been replaced they may not fit. What was there before is used until they do.
          const message = error instanceof Error ? error.message : String(error)
          if (message !== failure) log.warn({ reason: message }, 'the keys of the gateway stay as they are')
          failure = message
        }
      }, lookMs)
    },
  }
}

function create(sets: signing.KeySets, signingKeyId: string | undefined): signing.GatewayKeys {
  try {
    return signing.createGatewayKeys(sets, signingKeyId)
  } catch (error) {
    if (!(error instanceof signing.NoSuchSigningKey)) throw error
    throw new InvalidSettings(`SALLYPORT_GATEWAY_SIGNING_KEY: ${error.message} in SALLYPORT_GATEWAY_KEYS`)
  }
}

function isSame(a: KeyFiles, b: KeyFiles): boolean {
  return a.private === b.private && a.public === b.public
}
