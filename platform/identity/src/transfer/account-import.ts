import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { NameTaken } from '../accounts/account.ts'
import type { NameDigest } from '../accounts/reserved-names.ts'
import type { Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import { linkLifeSeconds } from '../proofs/letters.ts'
import { listRoles } from '../roles/role-store.ts'
import { readRecord } from './account-record.ts'
import * as store from './import-store.ts'
import { UnfitRecord } from './record-fields.ts'

/** A line of a file: what it says, or why it says nothing. */
export type ImportLine =
  | { readonly line: number; readonly content: unknown }
  | { readonly line: number; readonly malformed: string }

/** A line that is no account here, and which rule it breaks. Its values are not repeated: they may be secrets. */
export interface ImportRefusal {
  readonly line: number
  readonly field?: string
  readonly rule: string
}

export interface ImportCounts {
  readonly read: number
  /** Or would be, in a rehearsal. */
  readonly imported: number
  /** Lines whose account is there: the import was interrupted and is run again. */
  readonly alreadyThere: number
  readonly refused: number
}

export interface ImportOptions {
  /** Checks everything and writes nothing. */
  readonly rehearsal: boolean
  /** Takes passwords that nobody could choose here. */
  readonly anyPassword: boolean
  /** Ends the import after the batch under way. */
  readonly signal: AbortSignal
  /** Told after every batch, in the order of the lines. */
  readonly report: (counts: ImportCounts, refusals: readonly ImportRefusal[]) => Promise<void>
}

export interface ImportParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
  readonly hash: PasswordHashing['hash']
  readonly nameDigest: NameDigest
}

/** A batch is one transaction. Passwords take long to hash: a batch with many of them is a smaller one. */
const mostLines = 1000
const mostPasswords = 64
/** How often a batch is tried that got into the way of somebody who was registering. */
const mostTries = 5

/**
 * Makes accounts of the lines of a file. One bad line does not stop the others; and what an interrupted import has made is
 * found there by the next, so that running it again finishes it. An account gets its things at the other services when it
 * is first used (sessions.ts).
 */
export async function importAccounts(
  { db, ...parts }: ImportParts,
  lines: AsyncIterable<ImportLine>,
  options: ImportOptions,
): Promise<ImportCounts> {
  const roles = new Set((await listRoles(db)).map(({ name }) => name))
  return db.connection().execute(async (connection) => {
    await store.beginList(connection)
    try {
      const run = createRun({ db: connection, ...parts }, roles, options)
      for await (const line of lines) {
        run.add(line)
        if (run.isFull()) await run.finishBatch()
        if (options.signal.aborted) return run.counts()
      }
      // What was read when the reading was interrupted is left to the next time.
      if (!options.signal.aborted) await run.finishBatch()
      return run.counts()
    } finally {
      await store.endList(connection)
    }
  })
}

function createRun(
  { db, clock, audit, hash, nameDigest }: ImportParts,
  roles: ReadonlySet<string>,
  { rehearsal, anyPassword, report }: ImportOptions,
) {
  const counts = { read: 0, imported: 0, alreadyThere: 0, refused: 0 }
  let batch: store.Numbered[] = []
  let refusals: ImportRefusal[] = []
  let passwords = 0
  let linesInBatch = 0

  /** Takes what is not new off the lines, and keeps count of it. */
  async function sift<Line extends store.Numbered>(lines: readonly Line[]): Promise<Line[]> {
    const taken = Map.groupBy(await store.findTaken(db, lines, nameDigest), ({ line }) => line)
    return lines.filter(({ line }) => {
      const claims = taken.get(line)
      if (claims === undefined) return true
      const [first] = claims
      if (claims.some(({ same }) => same)) counts.alreadyThere += 1
      else refusals.push({ line, ...(first && { field: first.field }), rule: 'belongs to another account' })
      return false
    })
  }

  /** Takes off the lines what earlier lines of the file have brought. */
  async function withoutRepeated(lines: readonly store.Numbered[]): Promise<store.Numbered[]> {
    const repeated = new Map((await store.findRepeated(db, lines, nameDigest)).map((claim) => [claim.line, claim]))
    for (const { line, field, first } of repeated.values())
      refusals.push({ line, field, rule: `is the same as on line ${first}` })
    return lines.filter(({ line }) => !repeated.has(line))
  }

  async function write(lines: readonly store.Numbered[]): Promise<void> {
    const rows = await Promise.all(
      lines.map(async ({ line, record }) => {
        const { secret } = record
        const passwordHash = 'hash' in secret ? secret.hash : await hash(secret.password)
        return { line, record, uid: record.uid ?? newId<AccountId>(), passwordHash }
      }),
    )
    const { born, tried } = await insert(rows)
    counts.imported += born.size
    const missed = tried.filter(({ uid }) => !born.has(uid))
    // Somebody else was faster: another import of this file, or a person who registered.
    if (missed.length > 0) await sift(missed)
  }

  async function insert(
    rows: readonly store.NewRow[],
  ): Promise<{ born: Set<AccountId>; tried: readonly store.NewRow[] }> {
    const now = clock.now()
    const linksEndAt = new Date(now.getTime() + linkLifeSeconds.verification * 1000)
    const alongside = audit.insertionForEach({ kind: 'account.imported', by: { kind: 'operator' } }, 'born')
    const others = { now, linksEndAt, nameDigest, alongside }
    let tried = rows
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { born: await db.transaction().execute((tx) => store.insertRows(tx, tried, others)), tried }
      } catch (error) {
        const isReserved = error instanceof NameTaken
        if ((!isDeadlock(error) && !isReserved) || attempt === mostTries) throw error
        // Somebody was deleted whose name nobody else gets.
        if (isReserved) tried = await sift(tried)
      }
    }
  }

  return {
    counts: (): ImportCounts => ({ ...counts }),
    isFull: () => linesInBatch >= mostLines || passwords >= mostPasswords,

    add(line: ImportLine): void {
      linesInBatch += 1
      if ('malformed' in line) {
        refusals.push({ line: line.line, rule: line.malformed })
        return
      }
      try {
        const record = readRecord(line.content, { roles, anyPassword, now: clock.now() })
        batch.push({ line: line.line, record })
        if ('password' in record.secret) passwords += 1
      } catch (error) {
        if (!(error instanceof UnfitRecord)) throw error
        const { field, message } = error
        refusals.push({ line: line.line, ...(field !== undefined && { field }), rule: message })
      }
    },

    async finishBatch(): Promise<void> {
      if (linesInBatch === 0) return
      const fresh = batch.length === 0 ? [] : await sift(await withoutRepeated(batch))
      if (rehearsal) counts.imported += fresh.length
      else if (fresh.length > 0) await write(fresh)
      counts.read += linesInBatch
      counts.refused += refusals.length
      await report(
        { ...counts },
        refusals.toSorted((one, other) => one.line - other.line),
      )
      batch = []
      refusals = []
      passwords = 0
      linesInBatch = 0
    },
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === '40P01'
}
