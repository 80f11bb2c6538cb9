import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { isoCBOR } from '@simplewebauthn/server/helpers'

type Cbor = Parameters<typeof isoCBOR.encode>[0]

/** What an authenticator, or the browser in front of it, does otherwise than asked. */
export interface Deviation {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  /** Does not make sure who uses it. */
  readonly unverified?: boolean
  /** Tells of another account, or of none. */
  readonly userHandle?: string | undefined
  /** What it has counted up to. */
  readonly counter?: number
  /** Says that the answer was made in a frame of another site. */
  readonly crossOrigin?: boolean
  /** Says that the key may leave the device. */
  readonly synced?: boolean
  /** An attestation that nobody asked for. */
  readonly attestation?: { readonly fmt: string; readonly attStmt: Map<string, Cbor> }
}

/** An authenticator with one ES256 key (WebAuthn §6), and the browser in front of it. */
export interface Authenticator {
  readonly id: string
  create(options: PublicKeyCredentialCreationOptionsJSON, deviation?: Deviation): string
  get(options: PublicKeyCredentialRequestOptionsJSON, deviation?: Deviation): string
}

export function createAuthenticator({
  origin,
  synced = false,
}: {
  readonly origin: string
  readonly synced?: boolean
}): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let counter = 0
  let userHandle = ''

  const clientData = (type: string, challenge: string, deviation: Deviation): Buffer =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? origin,
        crossOrigin: deviation.crossOrigin ?? false,
      }),
    )
  const authenticatorData = (rpId: string, deviation: Deviation, attested?: Buffer): Buffer => {
    const isSynced = deviation.synced ?? synced
    const flags = 0x01 | (deviation.unverified ? 0 : 0x04) | (isSynced ? 0x18 : 0) | (attested ? 0x40 : 0)
    const counted = Buffer.alloc(4)
    counted.writeUInt32BE(deviation.counter ?? counter)
    return Buffer.concat([digest(deviation.rpId ?? rpId), Buffer.from([flags]), counted, attested ?? Buffer.alloc(0)])
  }
  const credential = (response: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({ id: text(id), rawId: text(id), type: 'public-key', response, clientExtensionResults: {} })

  return {
    id: text(id),

    create({ challenge, rp, user }, deviation = {}) {
      userHandle = user.id
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, coseKey(publicKey)])
      const { fmt, attStmt } = deviation.attestation ?? { fmt: 'none', attStmt: new Map() }
      const attestation = new Map<string, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authenticatorData(rp.id ?? '', deviation, attested))],
      ])
      return credential({
        clientDataJSON: text(clientData('webauthn.create', challenge, deviation)),
        attestationObject: text(Buffer.from(isoCBOR.encode(attestation))),
        transports: ['internal'],
      })
    },

    get({ challenge, rpId }, deviation = {}) {
      counter += 1
      const data = authenticatorData(rpId ?? '', deviation)
      const client = clientData('webauthn.get', challenge, deviation)
      return credential({
        clientDataJSON: text(client),
        authenticatorData: text(data),
        signature: text(sign('sha256', Buffer.concat([data, digest(client)]), privateKey)),
        userHandle: 'userHandle' in deviation ? deviation.userHandle : userHandle,
      })
    },
  }
}

/** An ES256 key in COSE form (RFC 9053 §7.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const coordinate = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value, 'base64url'))
  const parts = new Map<number, number | Uint8Array<ArrayBuffer>>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, coordinate(x)],
    [-3, coordinate(y)],
  ])
  return Buffer.from(isoCBOR.encode(parts))
}

function digest(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
