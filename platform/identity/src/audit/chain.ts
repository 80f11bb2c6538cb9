import { createHmac, hkdfSync } from 'node:crypto'

/*
 * The chain of the audit trail:
 *
 *   mac(n) = HMAC-SHA256(key, mac(n - 1) || canonical form of event n), where mac(0) is 32 zero bytes
 *
 * Link n cannot be made without the key, and says everything about the links before it.
 *
 * When what is personal in event n is erased, its link stays, and whoever has the key certifies what is left and its place:
 *
 *   certificate(n) = HMAC-SHA256(another key, n || mac(n - 1) || mac(n) || canonical form of what is left)
 */

/** An event as PostgreSQL writes its columns: whatever they hold, two different events differ here. */
export interface SealableEvent {
  readonly id: string
  /** Microseconds since 1970. */
  readonly at: string
  readonly kind: string
  readonly actorKind: string
  readonly actor: string | null
  readonly address: string | null
  readonly subject: string | null
  /** The text of a `jsonb`, which has its own order of keys. */
  readonly details: string
  /** In hexadecimal digits; null in events from before there was one, and in what is left of erased ones. */
  readonly salt: string | null
}

/** An event in the chain, as it is now. */
export interface ChainedEvent {
  readonly sequence: bigint
  /** Of its link, and of the one before it. */
  readonly mac: Uint8Array
  readonly before: Uint8Array
  readonly event: SealableEvent
  /** What certifies that this is what was left of it; undefined while all of it is there. */
  readonly certificate: Uint8Array | undefined
}

/** The keys of a chain: of its links, and of what certifies erasures. */
export interface ChainKeys {
  readonly links: Uint8Array
  readonly erasures: Uint8Array
}

/** The last link of a chain, or one that was the last when somebody noted it down. */
export interface Head {
  readonly sequence: bigint
  readonly mac: Buffer
}

/** What the first link follows. */
export const noHead: Head = { sequence: 0n, mac: Buffer.alloc(32) }

const version = 'sallyport audit event 1'
const saltedVersion = 'sallyport audit event 2'

/** The key of the chain, which is derived from the master key and so is not in the database. */
export function chainKey(masterKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'sallyport audit chain 1', 32))
}

export function chainKeys(masterKey: Uint8Array): ChainKeys {
  const erasures = hkdfSync('sha256', masterKey, new Uint8Array(), 'sallyport audit erasures 1', 32)
  return { links: chainKey(masterKey), erasures: Buffer.from(erasures) }
}

/**
 * The bytes that stand for an event: its version, then its fields in a fixed order. Each is a zero byte when it is absent,
 * and otherwise a one, the number of bytes as an unsigned 32-bit number (big-endian), and its text in UTF-8; so no field
 * can run into the next. With a salt it is of another version and has that for its last field.
 */
export function canonicalForm(event: SealableEvent): Buffer {
  const { id, at, kind, actorKind, actor, address, subject, details, salt } = event
  const fields = [id, at, kind, actorKind, actor, address, subject, details]
  return Buffer.concat((salt === null ? [version, ...fields] : [saltedVersion, ...fields, salt]).map(encodeField))
}

export function macOf(key: Uint8Array, before: Uint8Array, event: SealableEvent): Buffer {
  return createHmac('sha256', key).update(before).update(canonicalForm(event)).digest()
}

/** Certifies what is left of an event whose link is `mac`. */
export function certificateOf(
  { erasures }: ChainKeys,
  { sequence, before, mac, event }: Omit<ChainedEvent, 'certificate'>,
): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(sequence)
  return createHmac('sha256', erasures)
    .update(Buffer.concat([place, before, mac, canonicalForm(event)]))
    .digest()
}

/** Whether an event is the one that was linked here, or what somebody with the key has left of it. */
export function isRight(keys: ChainKeys, chained: ChainedEvent): boolean {
  const { before, mac, event, certificate } = chained
  return certificate === undefined
    ? macOf(keys.links, before, event).equals(mac)
    : certificateOf(keys, chained).equals(certificate)
}

/** `SEQUENCE:MAC`, to be noted down somewhere else. */
export function formatHead({ sequence, mac }: Head): string {
  return `${sequence}:${mac.toString('hex')}`
}

/** Undefined for what is no head. */
export function parseHead(text: string): Head | undefined {
  const [, sequence, mac] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/i.exec(text.trim()) ?? []
  return sequence === undefined || mac === undefined
    ? undefined
    : { sequence: BigInt(sequence), mac: Buffer.from(mac, 'hex') }
}

function encodeField(text: string | null): Buffer {
  if (text === null) return Buffer.of(0)
  const bytes = Buffer.from(text, 'utf8')
  const head = Buffer.of(1, 0, 0, 0, 0)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
