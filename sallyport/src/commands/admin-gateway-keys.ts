import { signing } from '@sallyport/gateway'
import {
  GatewayKeysUnusable,
  parseKeyFiles,
  pathsOf,
  readKeyFiles,
  readOrCompleteKeyFiles,
  replaceKeyFiles,
  whileNobodyElseMakes,
} from '../gateway-keys/key-files.ts'
import type { Settings } from '../settings/settings.ts'

/** A key of this id is there already, and what it signed would count no more. */
export class KeyExists extends Error {
  override name = 'KeyExists'

  constructor(kid: string) {
    super(`there is a key ${kid} already; nothing was changed`)
  }
}

/** `sallyport admin gateway-keys make KID…`. @throws {KeyExists} @throws {GatewayKeysUnusable} */
export async function makeGatewayKeys(
  { gatewayKeys }: Pick<Settings, 'gatewayKeys'>,
  kids: readonly string[],
): Promise<void> {
  const { directory } = gatewayKeys
  await whileNobodyElseMakes(directory, () => addKeys(directory, kids))
  const paths = pathsOf(directory)
  say(`private keys in ${paths.private}, for the gateway alone; public keys in ${paths.public}`)
}

async function addKeys(directory: string, kids: readonly string[]): Promise<void> {
  const files = await readOrCompleteKeyFiles(directory)
  const before = files ? await parseKeyFiles(directory, files) : { private: [], public: [] }
  for (const [index, kid] of kids.entries()) {
    if (before.public.some((key) => key.kid === kid) || kids.indexOf(kid) !== index) throw new KeyExists(kid)
  }
  const made = []
  for (const [index, kid] of kids.entries()) {
    say(`… making the key ${kid} (${index + 1} of ${kids.length})`)
    made.push(await signing.makeKey(kid))
  }
  const keys = {
    private: [...before.private, ...made.map((key) => key.private)],
    public: [...before.public, ...made.map((key) => key.public)],
  }
  await replaceKeyFiles(directory, keys, { isFirst: files === undefined })
}

/** `sallyport admin gateway-keys list`: every key, and whether it signs. @throws {GatewayKeysUnusable} */
export async function listGatewayKeys({ gatewayKeys }: Settings): Promise<void> {
  const { directory, signingKeyId } = gatewayKeys
  const files = await readKeyFiles(directory)
  if (!files) throw new GatewayKeysUnusable(directory, 'there are no keys yet')
  const sets = await parseKeyFiles(directory, files)
  const signing = signingKeyId ?? sets.private[0]?.kid
  for (const { kid } of sets.public) {
    const isPrivate = sets.private.some((key) => key.kid === kid)
    say(`${kid}  RS256  ${isPrivate ? (kid === signing ? 'signing' : 'can sign') : 'verifying'}`)
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
