import { setTimeout as sleep } from 'node:timers/promises'
import { findUidByName } from '@sallyport/identity/accounts'
import type { IdentityDatabase } from '@sallyport/identity'
import { lastLink, listEvents, listEventsAbout, listSealedEvents, type RecordedEvent } from '@sallyport/identity/audit'
import { type AccountId, parseId } from '@sallyport/kernel'
import type { Databases } from '../databases.ts'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { jsonOf, lineOf } from './event-line.ts'

export interface TailOptions {
  readonly lines: number
  readonly follow?: boolean
  readonly kind?: string
  /** An id or a user name. */
  readonly account?: string
  readonly json?: boolean
}

/** Nobody has this user name. */
export class NoSuchAccount extends Error {
  override name = 'NoSuchAccount'
  constructor() {
    super('nobody has this user name; what is deleted may be named by its id')
  }
}

type Db = ReturnType<typeof open>['db']

const pollIntervalMs = 1000
/** So many events are read at once. */
const batchSize = 500

/** `sallyport admin audit tail`: the newest events of the trail, and with `follow` what comes after them. @throws {NoSuchAccount} */
export async function tailAudit(settings: Settings, options: TailOptions): Promise<void> {
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  // Whoever reads has read enough: `tail --follow | head`.
  process.stdout.on('error', leave)
  const databases = await reachDatabases(settings)
  try {
    const { db } = open(databases)
    const account = await accountOf(db, options.account)
    const say = (event: RecordedEvent): void =>
      void process.stdout.write(`${options.json ? jsonOf(event) : lineOf(event)}\n`)
    // What comes next is read along the chain, where nothing appears before the end; so its end is looked at first.
    const sequence = (await lastLink(db))?.sequence ?? 0n
    const shown = await newest(db, account, options)
    for (const event of shown) say(event)
    if (options.follow) await follow(db, { sequence, shown, account, options }, say, leaving.signal)
  } finally {
    await databases.stop()
  }
}

function open(databases: Pick<Databases, 'open'>) {
  return databases.open<IdentityDatabase>('identity')
}

/** The oldest first. */
async function newest(
  db: Db,
  account: AccountId | undefined,
  { kind, lines }: TailOptions,
): Promise<readonly RecordedEvent[]> {
  const found = account
    ? await listEventsAbout(db, account, { kind }, lines)
    : (await listEvents(db, { kind }, { after: undefined, limit: lines })).events
  return found.toReversed()
}

async function follow(
  db: Db,
  from: {
    readonly sequence: bigint
    readonly shown: readonly RecordedEvent[]
    readonly account: AccountId | undefined
    readonly options: TailOptions
  },
  say: (event: RecordedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { account, options } = from
  const isWanted = ({ kind, actor, subject }: RecordedEvent): boolean =>
    (options.kind === undefined || kind === options.kind) &&
    (account === undefined || actor.uid === account || subject?.uid === account)
  // Some may have had no link yet.
  const shown = new Set(from.shown.map(({ id }) => id))
  let { sequence } = from
  while (!signal.aborted) {
    const events = await listSealedEvents(db, sequence, batchSize)
    for (const event of events) if (isWanted(event) && !shown.has(event.id)) say(event)
    sequence = events.at(-1)?.sequence ?? sequence
    if (events.length < batchSize) await sleep(pollIntervalMs, undefined, { signal }).catch(() => undefined)
  }
}

async function accountOf(db: Db, text: string | undefined): Promise<AccountId | undefined> {
  if (text === undefined) return undefined
  const uid = parseId<AccountId>(text.toLowerCase()) ?? (await findUidByName(db, text))
  if (uid === undefined) throw new NoSuchAccount()
  return uid
}
