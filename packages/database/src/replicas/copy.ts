import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTurns, type Turns } from '@sallyport/kernel'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Client, DatabaseError, Pool } from 'pg'
import { inBatches } from '../batches.ts'
import { type PostgresConnection, toClientConfig } from '../connection.ts'
import { preparing } from '../prepared-statements.ts'
import { checkAddress, exactTypes } from '../service-database.ts'
import { CopyFailed, isDamage, isUnreachable, isWriteRefused } from './failures.ts'
import { type Lsn, parseLsn } from './lsn.ts'
import { within } from '../time-limit.ts'

export interface CopyOptions {
  readonly name: string
  readonly role: 'primary' | 'standby'
  readonly connection: PostgresConnection
  readonly service: string
  readonly poolSize: number
  /** So many may wait for a connection. */
  readonly waiting: number
  /** Whoever takes longer for anything is taken for dead. */
  readonly limitMs: number
  readonly onChange: (change: CopyChange) => void
}

/** A copy came or went. */
export interface CopyChange {
  readonly name: string
  readonly isUp: boolean
  /** Why it is down. */
  readonly reason?: string
  /** Its files are damaged: it will be down again and again until it is made afresh. */
  readonly isDamaged?: boolean
}

export interface Position {
  /** What is shown of it (enrollment E-65). */
  readonly shown: Lsn
  /** Everything committed or replayed before the question lies before it. */
  readonly reached: Lsn
}

/** What was seen on a copy. */
export interface Seen<Row> {
  readonly row: Row
  /** The copy had come so far at least. */
  readonly reached: Lsn
}

const questions = {
  // A commit is in the standbys' reach once it is flushed; where commits do not wait for that, it may be later.
  primary: `select pg_current_wal_lsn()::text as shown,
    (case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn()
     else pg_current_wal_flush_lsn() end)::text as reached`,
  // One that was promoted goes its own way: it is a standby no more.
  standby: `select lsn::text as shown, lsn::text as reached from pg_last_wal_replay_lsn() as lsn where pg_is_in_recovery()`,
} as const

/** So long a damaged copy is left alone: it answers what is not damaged and would seem well. */
const DAMAGED_REST_MS = 3_000
const LONGEST_PAUSE_MS = 20

class NoStandby extends Error {
  override name = 'NoStandby'
}

function refuseRole(): never {
  throw new NoStandby('the server is no standby')
}

/** One copy of a database, with connections that are for reading alone and are given up as soon as one of them hangs. */
export class Copy<Tables> {
  readonly name: string
  readonly role: 'primary' | 'standby'
  /** Behind what it should have seen by now. */
  isLagging = false
  readonly #options: CopyOptions
  readonly #pool: Pool
  readonly #db: Kysely<Tables>
  /** Of the connections: whoever waits for one says nothing about the copy. */
  readonly #turns: Turns
  readonly #sockets = new Set<Socket>()
  readonly #ask: (item: undefined) => Promise<Position>
  /** The connection that is asked for positions. */
  #monitor: Promise<Client> | undefined
  #isUp = false
  #shown: Lsn | undefined
  #probing: Promise<void> | undefined
  readonly #watchers = new Set<() => void>()
  /** How often the copy was given up: what was begun before says nothing about the copy of now. */
  #losses = 0
  #restsUntil = 0

  constructor(options: CopyOptions) {
    checkAddress(options.connection, options.service)
    this.#options = options
    this.name = options.name
    this.role = options.role
    this.#pool = new Pool({ ...this.#clientConfig(), max: options.poolSize, types: exactTypes })
    this.#pool.on('error', () => undefined)
    this.#pool.on('connect', (client) => client.on('error', () => undefined))
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(this.#pool) }) })
    this.#turns = createTurns({
      atOnce: options.poolSize,
      waitLimit: options.waiting,
      whenFull: () => new CopyFailed(this.name, undefined),
    })
    this.#ask = inBatches(
      async (items) => {
        // Who waited behind a question that was not answered does not wait for another one.
        if (!this.#isUp) throw new CopyFailed(this.name, undefined)
        const position = await this.#askMonitor()
        return items.map(() => position)
      },
      { size: 1_000, atOnce: 1 },
    )
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Where it was when it was asked last. */
  get shown(): Lsn | undefined {
    return this.#shown
  }

  /** Looks whether it is there, over a new connection when it was not. Never throws. */
  async probe(): Promise<void> {
    if (performance.now() < this.#restsUntil) return
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined
    })
    await this.#probing
  }

  /** Calls back when it is given up the next time; the result ends that. */
  onceDown(callback: () => void): () => void {
    this.#watchers.add(callback)
    return () => this.#watchers.delete(callback)
  }

  /** Asks how far it is. @throws {CopyFailed} */
  async position(): Promise<Position> {
    if (!this.#isUp) throw new CopyFailed(this.name, undefined)
    return this.#ask(undefined)
  }

  /**
   * Looks something up.
   *
   * @throws {CopyFailed} when another copy may do better
   */
  async see<Row>(look: (db: Kysely<Tables>) => Promise<Row>): Promise<Seen<Row>> {
    const before = this.#losses
    const done = await this.#turns.take('connection')
    const losses = this.#losses
    try {
      // It was given up meanwhile, and is no better for whoever waited.
      if (losses !== before) throw new CopyFailed(this.name, undefined)
      return await within(
        this.#options.limitMs,
        this.#db.connection().execute(async (db) => {
          // Asked before, and on the same connection: what is looked up afterwards is at least as recent.
          const { rows } = await sql<{ reached: string }>`${sql.raw(questions[this.role])}`.execute(db)
          const reached = parseLsn((rows[0] ?? refuseRole()).reached)
          return { row: await look(db), reached }
        }),
      )
    } catch (error) {
      throw this.#judge(error, losses)
    } finally {
      done()
    }
  }

  /** Waits until it has come so far; false when it has not in time. */
  async reaches(needed: Lsn, limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        if ((await this.position()).reached >= needed) return true
      } catch {
        return false
      }
      if (performance.now() + pauseMs > deadline) return false
      await sleep(pauseMs)
    }
  }

  /** Ends the connections; one that hangs is not waited for. */
  async close(): Promise<void> {
    this.#restsUntil = Infinity
    await this.#probing
    this.#isUp = false
    this.#losses += 1
    const monitor = this.#monitor
    this.#monitor = undefined
    const ends = Promise.all([this.#db.destroy(), monitor?.then((client) => client.end())])
    await within(this.#options.limitMs, ends).catch(() => undefined)
    for (const socket of this.#sockets) socket.destroy()
  }

  async #probe(): Promise<void> {
    try {
      await this.#askMonitor()
    } catch {
      // Told already.
      return
    }
    if (this.#isUp) return
    this.#isUp = true
    this.#options.onChange({ name: this.name, isUp: true })
  }

  async #askMonitor(): Promise<Position> {
    const losses = this.#losses
    try {
      const monitor = (this.#monitor ??= this.#connect())
      const { rows } = await within(
        this.#options.limitMs,
        monitor.then((client) => client.query<{ shown: string; reached: string }>(questions[this.role])),
      )
      const at = rows[0] ?? refuseRole()
      const position = { shown: parseLsn(at.shown), reached: parseLsn(at.reached) }
      this.#shown = position.shown
      return position
    } catch (error) {
      this.#lose(error, losses)
      throw new CopyFailed(this.name, error)
    }
  }

  async #connect(): Promise<Client> {
    const losses = this.#losses
    const client = new Client(this.#clientConfig())
    client.on('error', () => undefined)
    client.on('end', () => this.#lose(new Error('the connection was ended'), losses))
    await client.connect()
    return client
  }

  #judge(error: unknown, losses: number): unknown {
    if (isWriteRefused(error) || error instanceof CopyFailed) return error
    const isDamaged = isDamage(error)
    if (isDamaged || isUnreachable(error) || error instanceof NoStandby) {
      this.#lose(error, losses)
      if (isDamaged) this.#restsUntil = performance.now() + DAMAGED_REST_MS
    } else if (this.role === 'primary' || !(error instanceof DatabaseError)) return error
    // On a standby also what it refuses: it may not have the table yet, or had to break off for what it replays.
    return new CopyFailed(this.name, error)
  }

  /** Gives the copy up, with all its connections: those that hang would never end by themselves. */
  #lose(error: unknown, losses: number): void {
    if (losses !== this.#losses) return
    this.#losses += 1
    this.#monitor = undefined
    const wasUp = this.#isUp
    this.#isUp = false
    for (const socket of this.#sockets) socket.destroy()
    for (const watcher of this.#watchers) watcher()
    if (wasUp)
      this.#options.onChange({ name: this.name, isUp: false, reason: reasonOf(error), isDamaged: isDamage(error) })
  }

  #clientConfig() {
    const { connection, service, limitMs } = this.#options
    return {
      ...toClientConfig(connection),
      application_name: `sallyport ${service} reads`,
      connectionTimeoutMillis: limitMs,
      statement_timeout: limitMs,
      // The primary's connections of this kind are no more for writing than those of the standbys.
      options: '-c default_transaction_read_only=on',
      stream: () => {
        const socket = new Socket()
        this.#sockets.add(socket)
        socket.once('close', () => this.#sockets.delete(socket))
        return socket
      },
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
