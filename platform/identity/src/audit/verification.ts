import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { type ChainKeys, chainKeys, type Head, isRight, macOf, noHead } from './chain.ts'
import { countPending, findLeftOut, findLink, lastLink, type Link, listLinks } from './chain-store.ts'

/** Where a chain is not what the sealer made, and how. */
export interface Break {
  readonly sequence: bigint
  readonly eventId: bigint
  readonly what:
    | 'links-missing'
    | 'event-missing'
    /** The event, or its place in the chain, is not the one that was sealed. */
    | 'event-changed'
    /** The link is not the one that was made, its event is. */
    | 'link-changed'
    /** Neither fits: from here on the chain was made without the key, or in another order. */
    | 'not-ours'
}

export interface Verification {
  /** How many links were found right. */
  readonly links: bigint
  /** Of how many of their events what is personal was erased, by somebody who has the key. */
  readonly erased: bigint
  /** The last of them. */
  readonly head: Head | undefined
  /** The first link that is wrong; nothing after it was looked at. */
  readonly firstBreak: Break | undefined
  /** Events that have no link and wait for none, or wait and are gone. */
  readonly leftOut: { readonly count: bigint; readonly first: bigint | undefined }
  /** Events that wait for their links. */
  readonly pending: bigint
  /** What became of a head that was noted down earlier. */
  readonly noted: 'kept' | 'changed' | 'missing' | undefined
}

/** So many links are read at once. */
const batchSize = 5000

/** Recomputes the whole chain, link by link; also while it grows. */
export async function verifyAudit(
  db: Kysely<IdentityDatabase>,
  masterKey: Uint8Array,
  options: {
    readonly noted?: Head
    readonly onProgress?: (links: bigint, of: bigint) => void
  } = {},
): Promise<Verification> {
  const { noted, onProgress } = options
  const keys = chainKeys(masterKey)
  const total = (await lastLink(db))?.sequence ?? 0n
  let head = noHead
  let erased = 0n
  let firstBreak: Break | undefined
  for (;;) {
    const links = await listLinks(db, head.sequence, batchSize)
    for (const link of links) {
      firstBreak = await judge(db, keys, head, link)
      if (firstBreak) break
      if (link.certificate) erased += 1n
      head = link
    }
    onProgress?.(head.sequence, total)
    if (firstBreak || links.length < batchSize) break
  }
  return {
    links: head.sequence,
    erased,
    head: head.sequence === 0n ? undefined : { sequence: head.sequence, mac: head.mac },
    firstBreak,
    leftOut: await findLeftOut(db),
    pending: await countPending(db),
    noted: noted && (await compare(db, noted)),
  }
}

async function judge(
  db: Kysely<IdentityDatabase>,
  keys: ChainKeys,
  before: Head,
  { sequence, eventId, mac, event, certificate }: Link,
): Promise<Break | undefined> {
  if (sequence !== before.sequence + 1n) return { sequence: before.sequence + 1n, eventId, what: 'links-missing' }
  if (!event) return { sequence, eventId, what: 'event-missing' }
  if (isRight(keys, { sequence, before: before.mac, mac, event, certificate })) return undefined
  // The link after it was made of the one that belongs here.
  const [next] = await listLinks(db, sequence, 1)
  const follows = (candidate: Buffer): boolean =>
    next?.event !== undefined && isRight(keys, { ...next, event: next.event, before: candidate })
  if (follows(mac)) return { sequence, eventId, what: 'event-changed' }
  const isOnlyLink = certificate === undefined && follows(macOf(keys.links, before.mac, event))
  return { sequence, eventId, what: isOnlyLink ? 'link-changed' : 'not-ours' }
}

async function compare(db: Kysely<IdentityDatabase>, noted: Head): Promise<'kept' | 'changed' | 'missing'> {
  const link = await findLink(db, noted.sequence)
  if (!link) return 'missing'
  return link.mac.equals(noted.mac) ? 'kept' : 'changed'
}
