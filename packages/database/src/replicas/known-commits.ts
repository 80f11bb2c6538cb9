import { BEGINNING, BEYOND, type Lsn, latest } from './lsn.ts'

/** So many changes are remembered one by one. */
const CHANGES_LIMIT = 10_000

/**
 * How far a copy must be for what it says to be final: as far as the last commit for "there is no such thing", as far as
 * the last change of the thing itself for "here it is".
 */
export class KnownCommits {
  #last: Lsn = BEGINNING
  /** What is found must be as recent as this at least, because earlier changes are not remembered one by one. */
  #floor: Lsn = BEYOND
  #isFloorAssumed = true
  /** By subject; a promise while the primary is being asked. */
  readonly #changes = new Map<string, Lsn | Promise<Lsn>>()
  /** What was committed while the primary could not be asked where, with its subject, until it is heard again. */
  #lost: ReadonlyMap<symbol, string | undefined> = new Map()
  readonly #limit: number

  constructor(limit = CHANGES_LIMIT) {
    this.#limit = limit
  }

  /** Whether it is known how far copies must be. */
  get isLearnt(): boolean {
    return this.#floor !== BEYOND
  }

  /** How far a copy must be to say that there is no such thing, as far as this process knows. */
  get last(): Lsn {
    return this.#lost.size > 0 ? BEYOND : this.#last
  }

  /** How far a copy must be for what it says of the subject. */
  async ofSubject(subject: string): Promise<Lsn> {
    return latest(this.#floor, (await this.#changes.get(subject)) ?? BEGINNING)
  }

  /**
   * To be called before the primary is asked for its position, and the result with the answer: everything that was
   * committed before it was asked lies before that position.
   */
  listen(): (position: Lsn) => void {
    const lostBefore = this.#lost
    return (position) => {
      this.#last = latest(this.#last, position)
      if (lostBefore.size > 0) this.#find(lostBefore, position)
      if (this.#isFloorAssumed) this.#floor = position
      this.#isFloorAssumed = false
    }
  }

  /** What the most advanced standby has, for as long as the primary was never heard. */
  assume(position: Lsn): void {
    if (this.isLearnt) return
    this.#last = latest(this.#last, position)
    this.#floor = position
  }

  /** Something was committed; when a subject is named, what was true of it before is true no more. */
  async committed(subject: string | undefined, ask: () => Promise<Lsn>): Promise<void> {
    const asking = ask().catch(() => {
      this.#lost = new Map([...this.#lost, [Symbol(), subject]])
      return BEYOND
    })
    // From this moment on, and not only when the primary has answered.
    if (subject !== undefined) this.#remember(subject, asking)
    const position = await asking
    if (position !== BEYOND) this.#last = latest(this.#last, position)
    if (subject !== undefined && this.#changes.get(subject) === asking) this.#changes.set(subject, position)
  }

  #find(lost: ReadonlyMap<symbol, string | undefined>, position: Lsn): void {
    this.#lost = new Map([...this.#lost].filter(([commit]) => !lost.has(commit)))
    for (const subject of lost.values())
      if (subject !== undefined && this.#changes.get(subject) === BEYOND) this.#changes.set(subject, position)
  }

  #remember(subject: string, change: Promise<Lsn>): void {
    // The latest change comes last.
    this.#changes.delete(subject)
    this.#changes.set(subject, change)
    if (this.#changes.size <= this.#limit) return
    for (const [oldest, position] of this.#changes) {
      if (typeof position !== 'bigint' || position === BEYOND) continue
      this.#changes.delete(oldest)
      this.#floor = latest(this.#floor, position)
      return
    }
  }
}
