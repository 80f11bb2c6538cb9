import { gateway } from '@sallyport/contracts'
import { longestTokenLifeSeconds } from '../sessions/session.ts'

/*
 * The life of a signing key: published ahead of its time, signing until the next one does, published until nothing it
 * signed can be valid any more, then erased. No SQL and no clock.
 */

/** How long a key is published before it signs: everybody who keeps the keys for as long as they may has it by then. */
export const leadMs = (gateway.keysMaxAgeSeconds + 60) * 1000

/** The same when there is no time to lose: our own verifiers hear of a key within this time. */
export const hurriedLeadMs = 2000

/** How long a key stays published after its last signature: the life of a token, and a margin for clocks that differ. */
export const overlapMs = (longestTokenLifeSeconds + 300) * 1000

/** What decides the state of a key. */
export interface KeyTimes {
  readonly kid: string
  readonly signsFrom: Date
  readonly revokedAt: Date | undefined
}

export type KeyState = 'next' | 'signing' | 'verifying' | 'retired' | 'revoked'

/** What a key is at a moment. */
export interface Standing<Key extends KeyTimes> {
  readonly key: Key
  readonly state: KeyState
  /** When it leaves the published keys; undefined as long as no other has been made to follow it, and once revoked. */
  readonly retiresAt: Date | undefined
}

/** The state of every key at a moment, in the order in which they sign. */
export function standingsOf<Key extends KeyTimes>(keys: readonly Key[], now: Date): Standing<Key>[] {
  // A key that was revoked before it signed had no place between the others.
  const line = keys
    .filter(({ signsFrom, revokedAt }) => revokedAt === undefined || revokedAt > signsFrom)
    .toSorted((a, b) => a.signsFrom.getTime() - b.signsFrom.getTime())
  const signing = signingPlace(line, now)
  const inLine = line.map((key, place) => {
    const follower = line[place + 1]
    if (key.revokedAt) return { key, state: 'revoked', retiresAt: undefined } as const
    const retiresAt = follower && new Date(follower.signsFrom.getTime() + overlapMs)
    return { key, retiresAt, state: stateAt(place, { signing, retiresAt, now }) } as const
  })
  const others = keys.filter((key) => !line.includes(key))
  return [...inLine, ...others.map((key) => ({ key, state: 'revoked', retiresAt: undefined }) as const)]
}

/**
 * The last key whose time has come. When that one was revoked the next one signs ahead of its time, and so does the first
 * of all for an instance whose clock is behind the one of its maker.
 */
function signingPlace(line: readonly KeyTimes[], now: Date): number {
  const started = Math.max(
    line.findLastIndex(({ signsFrom }) => signsFrom <= now),
    0,
  )
  return line.findIndex(({ revokedAt }, place) => place >= started && revokedAt === undefined)
}

function stateAt(
  place: number,
  { signing, retiresAt, now }: { signing: number; retiresAt: Date | undefined; now: Date },
): KeyState {
  if (place === signing) return 'signing'
  if (place > signing) return 'next'
  return retiresAt !== undefined && retiresAt <= now ? 'retired' : 'verifying'
}

/** Whether the tokens of a key in this state count, or soon may. */
export function isPublished({ state }: { readonly state: KeyState }): boolean {
  return state === 'next' || state === 'signing' || state === 'verifying'
}

/** Whether it is time to make the key that follows, so that none signs for longer than so many days. */
export function isRotationDue(keys: readonly KeyTimes[], days: number, now: Date): boolean {
  if (days === 0) return false
  const standings = standingsOf(keys, now)
  const newest = standings.findLast(({ state }) => state === 'signing' || state === 'next')
  return newest !== undefined && now.getTime() >= newest.key.signsFrom.getTime() + days * 86_400_000 - leadMs
}
