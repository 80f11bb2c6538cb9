/** Of a feed that has not answered so many times in a row the place is forgotten. */
const forgottenAfter = 10

/**
 * How far feeds have been read of which any may answer: several gateways hand on the same news, each as a feed of its own,
 * and who asks does not choose whom.
 */
export class FeedPlaces {
  /** The one that answered longest ago first. */
  readonly #places = new Map<string, { readonly after: number; readonly answer: number }>()
  #answers = 0
  #owed: string | undefined

  /**
   * The place to read after: of the feed of which something was skipped, or else of the one that answered longest ago, since
   * instances are asked in turn.
   */
  get next(): number {
    const [first] = this.#places.keys()
    return this.#places.get(this.#owed ?? first ?? '')?.after ?? 0
  }

  isNew(feed: string): boolean {
    return this.#places.size > 0 && !this.#places.has(feed)
  }

  /** Takes note of an answer. Tells whether there may be more to be had at once. */
  take(feed: string, { asked, last }: { readonly asked: number; readonly last: number | undefined }): boolean {
    const known = this.#places.get(feed)?.after ?? 0
    // Asked after a place of another feed, it may have left out what comes before.
    const isWhole = asked <= known
    const after = isWhole ? Math.max(known, last ?? known) : known
    this.#answers += 1
    this.#places.delete(feed)
    this.#places.set(feed, { after, answer: this.#answers })
    for (const [name, { answer }] of this.#places) {
      if (this.#answers - answer >= forgottenAfter) this.#places.delete(name)
    }
    this.#owed = isWhole ? undefined : feed
    return !isWhole || after > known
  }
}
