import { isDeepStrictEqual } from 'node:util'
import { Copy, type Position } from './copy.ts'
import { CopyFailed, ReplicasUnavailable, isUnreachable } from './failures.ts'
import { KnownCommits } from './known-commits.ts'
import { BEGINNING, BEYOND, type Lsn, formatLsn, latest } from './lsn.ts'
import { within } from '../time-limit.ts'
import type { Decision, Judgement, NodeHealth, Question, Replicas, ReplicasOptions } from './replicas.ts'

/** Whoever takes longer for anything is taken for dead. */
const STANDBY_LIMIT_MS = 500
/** There is no other to write to, so it is given more. */
const PRIMARY_LIMIT_MS = 1_000
const PROBE_EVERY_MS = 500
/** So long a read waits in all for standbys to see what they must (enrollment E-70), and at last for anybody to be there. */
const WAIT_LIMIT_MS = 250
/** A standby that has not come where the primary was so long ago has no turns. */
const LAG_LIMIT_MS = 1_000
/** A copy is looked at so often, when it says something else each time. */
const LOOKS_LIMIT = 3

/** Opens the copies of a service's database. They are connected to at once; whoever is not there is tried again and again. */
export function openReplicas<Tables>(options: ReplicasOptions): Replicas<Tables> {
  return new ReplicaSet<Tables>(options)
}

class ReplicaSet<Tables> implements Replicas<Tables> {
  readonly #primary: Copy<Tables>
  readonly #standbys: readonly Copy<Tables>[]
  readonly #commits = new KnownCommits()
  readonly #options: ReplicasOptions
  readonly #firstLook: Promise<unknown>
  readonly #timer: NodeJS.Timeout
  /** Where the primary was, and when it was heard; the oldest first. */
  #heard: { readonly at: number; readonly position: Lsn }[] = []
  #lastTurn = -1

  constructor(options: ReplicasOptions) {
    this.#options = options
    const { service, poolSize = 5, waiting = 1_000, onChange = () => undefined } = options
    const shared = { service, poolSize, waiting, onChange }
    this.#primary = new Copy<Tables>({
      ...shared,
      name: 'primary',
      role: 'primary',
      connection: options.primary,
      limitMs: PRIMARY_LIMIT_MS,
    })
    this.#standbys = options.standbys.map(
      (connection, index) =>
        new Copy<Tables>({
          ...shared,
          name: `secondary-${index + 1}`,
          role: 'standby',
          connection,
          limitMs: STANDBY_LIMIT_MS,
        }),
    )
    this.#firstLook = Promise.all([this.#probePrimary(), this.#probeStandbys()])
    this.#timer = setInterval(() => {
      void this.#probePrimary()
      void this.#probeStandbys()
    }, PROBE_EVERY_MS)
    this.#timer.unref()
  }

  async read<Row, Value>(question: Question<Tables, Row, Value>): Promise<Decision<Value>> {
    await this.#firstLook
    const reading = new Reading(question, ({ final }, { role }) =>
      role === 'primary' ? this.#needsOfPrimary(final) : this.#needsOfStandby(final),
    )
    const decision = (await this.#ask(reading, this.#inTurn(question))) ?? (await this.#askLate(reading))
    const { passedOver, waitedMs } = reading
    this.#options.onRead?.({ copy: decision?.copy, passedOver, waitedMs })
    if (!decision) throw new ReplicasUnavailable({ cause: reading.failure })
    return decision
  }

  async write<Value>(work: () => Promise<Value>, changed?: string): Promise<Value> {
    await this.#firstLook
    if (!this.#primary.isUp) throw new ReplicasUnavailable()
    const { promise: lost, reject } = Promise.withResolvers<never>()
    const forget = this.#primary.onceDown(() => reject(new ReplicasUnavailable()))
    try {
      const value = await Promise.race([lost, work()])
      await this.committed(changed)
      return value
    } catch (error) {
      throw isUnreachable(error) ? new ReplicasUnavailable({ cause: error }) : error
    } finally {
      forget()
    }
  }

  async committed(changed?: string): Promise<void> {
    await this.#commits.committed(changed, async () => (await this.#primary.position()).reached)
  }

  nodes(): readonly NodeHealth[] {
    return [this.#primary, ...this.#standbys].map(({ name, isUp, shown }) => ({
      name,
      state: isUp ? 'up' : 'down',
      position: shown === undefined ? null : formatLsn(shown),
    }))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([this.#primary, ...this.#standbys].map((copy) => copy.close()))
  }

  async #ask<Row, Value>(
    reading: Reading<Tables, Row, Value>,
    copies: readonly Copy<Tables>[],
  ): Promise<Decision<Value> | undefined> {
    for (const copy of copies) {
      const decision = await reading.ask(copy)
      if (decision) return decision
    }
    return undefined
  }

  /** Before a read is refused, whoever was down and was not asked gets a last chance. */
  async #askLate<Row, Value>(reading: Reading<Tables, Row, Value>): Promise<Decision<Value> | undefined> {
    const unasked = [...this.#standbys, this.#primary].filter((copy) => !reading.asked.has(copy))
    await within(WAIT_LIMIT_MS, Promise.all(unasked.map((copy) => copy.probe()))).catch(() => undefined)
    return this.#ask(
      reading,
      unasked.filter(({ isUp }) => isUp),
    )
  }

  /** The standby whose turn it is, the others, the primary; at last those that are behind, which may still know enough. */
  #inTurn({ takesTurn = true }: { readonly takesTurn?: boolean }): readonly Copy<Tables>[] {
    const count = this.#standbys.length
    const inOrder = Array.from({ length: count }, (_, step) => (this.#lastTurn + 1 + step) % count)
    const up = inOrder.filter((index) => this.#standbys[index]?.isUp)
    const current = up.filter((index) => this.#standbys[index]?.isLagging === false)
    const turn = current[0] ?? up[0]
    if (turn !== undefined && takesTurn) this.#lastTurn = turn
    const copyOf = (index: number) => this.#standbys.slice(index, index + 1)
    return [
      ...current.flatMap(copyOf),
      ...(this.#primary.isUp ? [this.#primary] : []),
      ...up.filter((index) => !current.includes(index)).flatMap(copyOf),
    ]
  }

  /** Nothing is later than what the primary says; but it may have been changed while it was judged. */
  async #needsOfPrimary(final: Judgement<unknown>['final']): Promise<Lsn> {
    if (final === 'with-every-commit') return BEGINNING
    const needed = await this.#commits.ofSubject(final.withChangesOf)
    if (needed !== BEYOND) return needed
    // It was not told where a change lies, and is there again.
    await this.#askPrimary().catch(() => undefined)
    return this.#commits.ofSubject(final.withChangesOf)
  }

  async #needsOfStandby(final: Judgement<unknown>['final']): Promise<Lsn> {
    if (!this.#commits.isLearnt) this.#learnFromStandbys()
    if (!this.#commits.isLearnt) return BEYOND
    if (final !== 'with-every-commit') return this.#commits.ofSubject(final.withChangesOf)
    // Other processes write too, so what this one knows is the last commit only while the primary cannot be asked.
    const heard = await this.#askPrimary().catch(() => undefined)
    if (heard) return latest(heard.reached, this.#commits.last)
    return latest(this.#commits.last, ...this.#standbys.flatMap(({ isUp, shown }) => (isUp && shown ? [shown] : [])))
  }

  /** What was committed before this process began is not known but by the copies (enrollment E-71). */
  #learnFromStandbys(): void {
    const positions = this.#standbys.flatMap(({ isUp, shown }) => (isUp && shown ? [shown] : []))
    if (positions.length > 0) this.#commits.assume(latest(...positions))
  }

  async #askPrimary(): Promise<Position> {
    const hear = this.#commits.listen()
    const position = await this.#primary.position()
    hear(position.reached)
    return position
  }

  async #probePrimary(): Promise<void> {
    await this.#primary.probe()
    const position = await this.#askPrimary().catch(() => undefined)
    if (!position) return
    this.#heard.push({ at: performance.now(), position: position.reached })
    // The last of those that are old enough stays.
    const young = this.#heard.findIndex(({ at }) => at > performance.now() - LAG_LIMIT_MS)
    this.#heard = this.#heard.slice(Math.max(0, young - 1))
  }

  async #probeStandbys(): Promise<void> {
    const [mark] = this.#heard
    const isOld = mark !== undefined && mark.at <= performance.now() - LAG_LIMIT_MS
    await Promise.all(
      this.#standbys.map(async (standby) => {
        await standby.probe()
        const { reached } = await standby.position().catch(() => ({ reached: undefined }))
        if (reached !== undefined) standby.isLagging = isOld && reached < mark.position
      }),
    )
  }
}

/** How far a copy must have been when it was looked at, for what was judged to be final. */
type NeedsOf<Tables, Value> = (judgement: Judgement<Value>, copy: Copy<Tables>) => Promise<Lsn>

/** One read, on whatever copies it takes. */
class Reading<Tables, Row, Value> {
  readonly asked = new Set<Copy<Tables>>()
  passedOver = 0
  waitedMs = 0
  failure: unknown
  readonly #question: Question<Tables, Row, Value>
  readonly #needsOf: NeedsOf<Tables, Value>
  #judged: { readonly row: Row; readonly judgement: Judgement<Value> } | undefined

  constructor(question: Question<Tables, Row, Value>, needsOf: NeedsOf<Tables, Value>) {
    this.#question = question
    this.#needsOf = needsOf
  }

  /** The copy's decision; undefined when it cannot decide. */
  async ask(copy: Copy<Tables>): Promise<Decision<Value> | undefined> {
    this.asked.add(copy)
    try {
      const decision = await this.#askUntilFinal(copy)
      if (decision) return decision
    } catch (error) {
      if (!(error instanceof CopyFailed)) throw error
      this.failure = error
    }
    this.passedOver += 1
    return undefined
  }

  async #askUntilFinal(copy: Copy<Tables>): Promise<Decision<Value> | undefined> {
    for (let looks = 0; looks < LOOKS_LIMIT; looks += 1) {
      const { row, reached } = await copy.see((db) => this.#question.look(db))
      const judgement = await this.#judge(row)
      const needed = await this.#needsOf(judgement, copy)
      if (reached >= needed) return { value: judgement.value, copy: copy.name }
      // The primary has seen already what it is asked about again.
      if (copy.role === 'standby' && !(await this.#waitFor(copy, needed))) return undefined
    }
    return undefined
  }

  async #judge(row: Row): Promise<Judgement<Value>> {
    // Passwords are expensive, and another copy mostly says the same.
    if (!this.#judged || !isDeepStrictEqual(this.#judged.row, row))
      this.#judged = { row, judgement: await this.#question.judge(row) }
    return this.#judged.judgement
  }

  async #waitFor(copy: Copy<Tables>, needed: Lsn): Promise<boolean> {
    if (needed === BEYOND) return false
    const began = performance.now()
    const isThere = await copy.reaches(needed, WAIT_LIMIT_MS - this.waitedMs)
    this.waitedMs += performance.now() - began
    // The next reads need not wait for it too.
    if (!isThere) copy.isLagging = true
    return isThere
  }
}
