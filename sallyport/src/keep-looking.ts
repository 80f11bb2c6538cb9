/** Looks again and again, never twice at once, until stopped; keeps no program running. @param look must not fail */
export function keepLooking(look: () => Promise<void>, everyMs: number): { stop(): void } {
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => (looking = false))
  }, everyMs).unref()
  return { stop: () => clearInterval(timer) }
}
