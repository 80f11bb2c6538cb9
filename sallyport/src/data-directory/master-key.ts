import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DamagedFile } from './damaged-file.ts'
import { readIfPresent, readOrMake } from './private-file.ts'

/** The 32 bytes under which identity's private keys are encrypted; made at the first start. @throws {DamagedFile} */
export async function masterKey(dataDirectory: string): Promise<Uint8Array> {
  const path = join(dataDirectory, 'master.key')
  const text = await readOrMake(path, () => randomBytes(32).toString('base64'))
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) throw new DamagedFile(path, 'a key of 32 bytes in base64')
  return key
}

/** The same, where it was made long ago: whoever operates on the wrong directory makes no other. @throws {DamagedFile} */
export async function existingMasterKey(dataDirectory: string): Promise<Uint8Array> {
  const path = join(dataDirectory, 'master.key')
  if ((await readIfPresent(path)) === undefined) throw new DamagedFile(path, 'there')
  return masterKey(dataDirectory)
}
