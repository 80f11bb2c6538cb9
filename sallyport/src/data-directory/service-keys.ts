import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { type PublicJwk, publicJwkOf, type ServiceKey } from '@sallyport/service'
import { DamagedFile } from './damaged-file.ts'
import { readIfPresent, readOrMake } from './private-file.ts'

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
