/** Lets so many do something at once under each key; others wait in the order of their arrival. */
export interface Turns {
  /** Waits for a turn. What comes back gives it up, and may be called again without harm. Throws when too many wait. */
  take(key: string): Promise<() => void>
}

export function createTurns(options: {
  readonly atOnce: number
  /** How many may wait under one key. */
  readonly waitLimit: number
  readonly whenFull: () => Error
}): Turns {
  const { atOnce, waitLimit, whenFull } = options
  const keys = new Map<string, { running: number; readonly waiting: (() => void)[] }>()

  return {
    async take(key) {
      const turn = keys.get(key) ?? { running: 0, waiting: [] }
      keys.set(key, turn)
      if (turn.running < atOnce) turn.running += 1
      else if (turn.waiting.length >= waitLimit) throw whenFull()
      else await new Promise<void>((resolve) => turn.waiting.push(resolve))
      let given = false
      return () => {
        if (given) return
        given = true
        const next = turn.waiting.shift()
        if (next) next()
        else if (--turn.running === 0) keys.delete(key)
      }
    },
  }
}
