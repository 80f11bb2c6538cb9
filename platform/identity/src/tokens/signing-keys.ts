import type { identity } from '@sallyport/contracts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Replicas } from '@sallyport/database'
import { type KeySource, keysVersion, type PublicJwk } from '@sallyport/service'
import { type CryptoKey, importPKCS8 } from 'jose'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import type { KeyRotation } from './key-rotation.ts'
import { isPublished, isRotationDue, standingsOf } from './signing-key.ts'
import {
  erasePrivateKeys,
  type KeyToMake,
  lockKeys,
  makeKey,
  readKeys,
  readPrivateKey,
  type SigningKey,
} from './signing-key-store.ts'

/** The keys as an instance of identity uses them, following what operators and other instances make of them. */
export interface SigningKeys {
  /** The key that signs now. */
  signing(): SigningPair
  /** Every key whose tokens count, or soon may. */
  published(): readonly PublicJwk[]
  /** Tells when other keys are published; a new key signs only after everybody who was told has answered. */
  readonly watch: KeySource['watch']
  /** Looks at the table once. @throws {WrongMasterKey} */
  look(): Promise<void>
  /** Looks at the table again and again, until stopped. */
  follow(): { stop(): void }
}

export interface SigningPair {
  readonly kid: string
  readonly algorithm: identity.TokenAlgorithm
  readonly privateKey: CryptoKey
}

/** How often the table is looked at, in milliseconds: all instances know a hurried key before it signs. */
const pauseMs = 1000

/** Where a start without the primary reads the keys: on a copy, which cannot be written to (enrollment E-71). */
export type KeyCopies = Pick<Replicas<IdentityDatabase>, 'read'>

/**
 * Reads the signing keys, making the first one when there is none.
 *
 * @throws {WrongMasterKey} @throws {ReplicasUnavailable} when they are to be read on copies and none of these has any
 */
export async function loadSigningKeys(
  parts: KeyToMake & {
    readonly db: Kysely<IdentityDatabase>
    /** Given where the primary is away; otherwise the keys are read there. */
    readonly copies?: KeyCopies | undefined
    readonly log: Logger
    readonly rotation: Pick<KeyRotation, 'rotateWhenDue'>
    /** After how many days another key takes over; 0 is never. */
    readonly rotationDays: number
  },
): Promise<SigningKeys> {
  const { db, copies, masterKey, clock, log, rotation, rotationDays } = parts
  const listeners = new Set<(version: string) => Promise<void>>()
  const opened = new Map<string, CryptoKey>()
  /** What the table holds. Signing lags behind publishing until everybody in this process knows. */
  let published: readonly SigningKey[] = []
  let signing: readonly SigningKey[] = []
  let toldVersion = ''

  const publishedKeys = (): PublicJwk[] =>
    standingsOf(published, clock.now())
      .filter(isPublished)
      .map(({ key }) => key.publicJwk)

  /** Every key there is; the private halves of those that sign now or next are opened. */
  async function readAndOpen(from: Kysely<IdentityDatabase>): Promise<readonly SigningKey[]> {
    const keys = await readKeys(from)
    for (const { kid, algorithm } of inUse(keys)) {
      if (opened.has(kid)) continue
      const pem = await readPrivateKey(from, kid, masterKey)
      if (pem !== undefined) opened.set(kid, await importPKCS8(pem, algorithm))
    }
    return keys
  }

  function inUse(keys: readonly SigningKey[]): readonly SigningKey[] {
    return standingsOf(keys, clock.now()).flatMap(({ key, state }) =>
      state === 'signing' || state === 'next' ? [key] : [],
    )
  }

  async function eraseRetired(): Promise<void> {
    const retired = standingsOf(signing, clock.now()).filter(({ state, key }) => state === 'retired' && !key.isErased)
    const kids = retired.map(({ key }) => key.kid)
    if (kids.length > 0) await erasePrivateKeys(db, kids)
  }

  async function tell(): Promise<void> {
    const version = keysVersion(publishedKeys())
    if (version === toldVersion) return
    await Promise.all([...listeners].map((listener) => listener(version)))
    toldVersion = version
  }

  async function use(keys: readonly SigningKey[]): Promise<void> {
    const used = inUse(keys)
    published = keys
    await tell()
    signing = keys
    for (const kid of opened.keys()) if (!used.some((key) => key.kid === kid)) opened.delete(kid)
  }

  async function look(): Promise<void> {
    const keys = await readAndOpen(db)
    await use(keys)
    await eraseRetired()
    if (isRotationDue(keys, rotationDays, clock.now())) await rotation.rotateWhenDue(rotationDays)
  }

  if (copies) {
    const { value } = await copies.read({
      look: readAndOpen,
      // A key that was revoked is not to sign again.
      judge: async (keys) => ({ value: keys, final: 'with-every-commit' }),
      takesTurn: false,
    })
    await use(value)
  } else {
    await makeFirstKey(db, parts)
    await look()
  }

  return {
    look,
    published: publishedKeys,
    signing() {
      const standing = standingsOf(signing, clock.now()).find(({ state }) => state === 'signing')
      const privateKey = standing && opened.get(standing.key.kid)
      if (!privateKey) throw new TypeError('there is no key to sign with')
      return { kid: standing.key.kid, algorithm: standing.key.algorithm, privateKey }
    },
    watch(listener) {
      listeners.add(listener)
      return { stop: () => listeners.delete(listener) }
    },
    follow() {
      const stopping = new AbortController()
      const { signal } = stopping
      void (async () => {
        let failed = false
        while (!signal.aborted) {
          await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
          if (signal.aborted) return
          try {
            await look()
            failed = false
          } catch (error) {
            if (!failed && !signal.aborted) log.warn({ err: error }, 'the signing keys cannot be looked at')
            failed = true
          }
        }
      })()
      return { stop: () => stopping.abort() }
    },
  }
}

async function makeFirstKey(db: Kysely<IdentityDatabase>, parts: KeyToMake): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockKeys(tx)
    const keys = await readKeys(tx)
    if (keys.length === 0) await makeKey(tx, { ...parts, signsFrom: parts.clock.now() })
  })
}
