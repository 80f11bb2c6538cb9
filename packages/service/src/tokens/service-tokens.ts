import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { type Clock, newId, toUnixSeconds } from '@sallyport/kernel'
import { createSigner } from 'fast-jwt'
import type { ServiceCaller } from '../caller.ts'
import { createKeySet, keyIdOf, type PublicJwk } from './key-set.ts'

/** A service's own key, with which it proves to other services who it is. */
export interface ServiceKey {
  readonly service: string
  /** Ed25519, PKCS #8, PEM. */
  readonly privateKeyPem: string
}

const lifeSeconds = 60
/** A token is used again until this little of its life is left. */
const marginSeconds = 20

export function publicJwkOf({ service, privateKeyPem }: ServiceKey): PublicJwk {
  return { ...publicKeyOf(privateKeyPem).export({ format: 'jwk' }), kid: service, alg: 'EdDSA', use: 'sig' }
}

function publicKeyOf(privateKeyPem: string): KeyObject {
  return createPublicKey(createPrivateKey(privateKeyPem))
}

/** Makes the credential of calls to one other service: a 60-second token, `iss` the caller, `aud` the callee. */
export function createServiceCredential(key: ServiceKey, callee: string, clock: Clock): () => string {
  const sign = createSigner({
    key: key.privateKeyPem,
    algorithm: 'EdDSA',
    kid: key.service,
  })
  let token = ''
  let expires = 0
  return () => {
    const now = toUnixSeconds(clock.now())
    if (now > expires - marginSeconds) {
      expires = now + lifeSeconds
      const { service } = key
      token = sign({
        iss: service,
        sub: service,
        aud: callee,
        scope: 'internal',
        iat: now,
        exp: expires,
        jti: newId(),
      })
    }
    return token
  }
}

/** Verifies the credentials of other services: undefined when the token is not one of theirs, or not for this service. */
export type IdentifyService = (token: string) => Promise<ServiceCaller | undefined>

/** One key set for each service that may call, so that none can speak in the name of another. */
export function createServiceIdentification(options: {
  readonly audience: string
  readonly callers: readonly string[]
  readonly keyOf: (service: string) => Promise<PublicJwk | undefined>
  readonly clock: Clock
}): IdentifyService {
  const keySets = options.callers.map((issuer) =>
    createKeySet({
      issuer,
      audience: options.audience,
      algorithms: ['EdDSA'],
      clock: options.clock,
      fetchKeys: async () => {
        const key = await options.keyOf(issuer)
        // A service that has not made its key yet is no stranger: its calls are told to come again.
        if (!key) throw new Error(`the public key of ${issuer} is not there yet`)
        return [key]
      },
    }),
  )
  return async (token) => {
    // The key of a service is named after it, so only the keys of the one that the token claims to be are asked.
    const name = keyIdOf(token)
    const keys = keySets.find(({ issuer }) => issuer === name)
    const claims = await keys?.verify(token)
    if (!keys || claims?.['scope'] !== 'internal' || claims['sub'] !== keys.issuer) return undefined
    return { kind: 'service', name: keys.issuer }
  }
}
