import type { Kysely } from 'kysely'
import type { PostgresConnection } from '../connection.ts'
import type { CopyChange } from './copy.ts'

export interface ReplicasOptions {
  readonly service: string
  readonly primary: PostgresConnection
  /** In the order of their names: `secondary-1` and so on. */
  readonly standbys: readonly PostgresConnection[]
  /** At most so many connections for reading to each copy, 5 unless told otherwise. */
  readonly poolSize?: number
  /** So many reads may wait for one of these, 1000 unless told otherwise; one more is left to the next copy. */
  readonly waiting?: number
  readonly onChange?: (change: CopyChange) => void
  /** Told of every read, for metrics. */
  readonly onRead?: (read: ReadReport) => void
}

/** What is counted of a read. */
export interface ReadReport {
  /** The copy that decided; undefined when none could. */
  readonly copy: string | undefined
  /** How many copies were asked before and could not decide. */
  readonly passedOver: number
  /** How long copies were waited for until they had come far enough. */
  readonly waitedMs: number
}

export interface Question<Tables, Row, Value> {
  /** Reads what the decision needs. It may be called again on another copy, and must be short: it has half a second. */
  look(db: Kysely<Tables>): Promise<Row>
  /** Decides by what was read; may take its time. Called again only when another look shows something else. */
  judge(row: Row): Promise<Judgement<Value>>
  /** False for what is no business of those whose reads take turns: whoever has the next turn keeps it. */
  readonly takesTurn?: boolean
}

export interface Judgement<Value> {
  readonly value: Value
  /**
   * What a copy must have seen for this to be final: every commit that is known, as for "there is no such account" and
   * "that is not the password"; or the last change of what was found, by the name given to `committed`.
   */
  readonly final: 'with-every-commit' | { readonly withChangesOf: string }
}

export interface Decision<Value> {
  readonly value: Value
  /** The copy that decided: `primary`, `secondary-1`, … */
  readonly copy: string
}

/** A node, as health shows it. */
export interface NodeHealth {
  readonly name: string
  readonly state: 'up' | 'down'
  /** As PostgreSQL writes it; null before it was ever heard of. */
  readonly position: string | null
}

/** A database with one copy for writing and any number of standbys, over which reads are spread. */
export interface Replicas<Tables> {
  /**
   * Decides something by what a copy says: the standbys take turns, and who is dead, hung or behind is passed over.
   *
   * @throws {ReplicasUnavailable} when no copy can decide it
   */
  read<Row, Value>(question: Question<Tables, Row, Value>): Promise<Decision<Value>>
  /**
   * Runs a write on the primary, over the service's own connections, and remembers how far copies must be to know of it.
   *
   * @param changed what is no longer as it was, see `committed`
   * @throws {ReplicasUnavailable} when the primary is not there; it may then have been done or not
   */
  write<Value>(work: () => Promise<Value>, changed?: string): Promise<Value>
  /**
   * To be called after every commit that a read may depend on, before anybody is answered. Takes effect at once, never
   * throws, and ends within a second even when the primary hangs.
   *
   * @param changed the subject of which an earlier answer is no longer true: an account whose password was changed, that
   *   was suspended or deleted. Not for what was only added.
   */
  committed(changed?: string): Promise<void>
  /** The primary, then the standbys; what is known without asking anybody. */
  nodes(): readonly NodeHealth[]
  close(): Promise<void>
}
