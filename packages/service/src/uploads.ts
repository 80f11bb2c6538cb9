/** How many files may be on their way at once; times in milliseconds. */
export interface UploadLimits {
  /** Files are held in memory while they come and are judged. */
  readonly most: number
  readonly mostPerCaller: number
  /** What has not come as a whole by then gives its place to whoever finds none left. */
  readonly patienceMs: number
}

export const uploadLimits: UploadLimits = { most: 8, mostPerCaller: 4, patienceMs: 15_000 }

/** A request with a file. */
export interface Upload {
  readonly caller: string
  /** Whether all of it has come. */
  isWhole(): boolean
  /** Refuses it for being too slow. */
  giveUp(): void
}

/**
 * The places of requests with files. Whoever sends slowly may take his time as long as nobody waits for it: neither one
 * caller nor several slow ones can keep the others out.
 */
export class UploadPlaces {
  readonly #limits: UploadLimits
  readonly #now: () => number
  /** In the order of their beginning. */
  readonly #underWay = new Map<Upload, number>()

  constructor(limits: UploadLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Takes a place, if need be that of one who was too slow. Answers how it is given back, or nothing when there is none. */
  take(upload: Upload): (() => void) | undefined {
    const { most, mostPerCaller } = this.#limits
    const own = [...this.#underWay.keys()].filter(({ caller }) => caller === upload.caller)
    if (own.length >= mostPerCaller) return undefined
    if (this.#underWay.size >= most && !this.#free()) return undefined
    this.#underWay.set(upload, this.#now())
    return () => void this.#underWay.delete(upload)
  }

  #free(): boolean {
    const since = this.#now() - this.#limits.patienceMs
    for (const [upload, begunAt] of this.#underWay) {
      if (begunAt > since) return false
      if (upload.isWhole()) continue
      this.#underWay.delete(upload)
      upload.giveUp()
      return true
    }
    return false
  }
}
