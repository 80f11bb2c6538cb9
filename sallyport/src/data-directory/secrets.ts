import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type PublicJwk, publicJwkOf, type ServiceKey } from '@sallyport/service'
import { readIfPresent, readOrMake } from './private-file.ts'

/** A file in the data directory is not what it should be. */
export class DamagedFile extends Error {
  override name = 'DamagedFile'
  constructor(path: string, what: string) {
    super(`${path} is not ${what}; restore it from a backup`)
  }
}

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

/**
 * The key with which a service proves to the others who it is; made at the first start. Its public half lies beside it
 * for them to read. @throws {DamagedFile}
 */
export async function serviceKey(dataDirectory: string, service: string): Promise<ServiceKey> {
  const path = privateKeyPath(dataDirectory, service)
  const privateKeyPem = await readOrMake(path, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
  try {
    createPrivateKey(privateKeyPem)
  } catch {
    throw new DamagedFile(path, 'a private key')
  }
  const key = { service, privateKeyPem }
  await readOrMake(publicKeyPath(dataDirectory, service), () => JSON.stringify(publicJwkOf(key)))
  return key
}

/** The public key of another service, when it has made one. @throws {DamagedFile} */
export async function publicServiceKey(dataDirectory: string, service: string): Promise<PublicJwk | undefined> {
  const path = publicKeyPath(dataDirectory, service)
  const text = await readIfPresent(path)
  if (text === undefined) return undefined
  const jwk: unknown = parse(text)
  if (!isJwk(jwk)) throw new DamagedFile(path, 'a public key')
  return jwk
}

function privateKeyPath(dataDirectory: string, service: string): string {
  return join(dataDirectory, 'service-keys', `${service}.pem`)
}

function publicKeyPath(dataDirectory: string, service: string): string {
  return join(dataDirectory, 'service-keys', `${service}.public.json`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isJwk(value: unknown): value is PublicJwk {
  return typeof value === 'object' && value !== null && 'kty' in value
}
