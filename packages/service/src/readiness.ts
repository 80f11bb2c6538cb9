/** The state of each part, by name: `ready`, `degraded: ` and what is wrong though it works, or what is wrong. */
export type PartStates = Readonly<Record<string, string>>

/** Whether everything works, be it not as well as it should. */
export function isReady(parts: PartStates): boolean {
  return Object.values(parts).every((state) => state === 'ready' || state.startsWith('degraded: '))
}

/** The state of each of these, by name: a check that throws says by the name of its error what is wrong. */
export async function statesOf(checks: Readonly<Record<string, () => Promise<void>>>): Promise<PartStates> {
  const states = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check()
        return [name, 'ready'] as const
      } catch (error) {
        return [name, error instanceof Error ? error.name : 'failed'] as const
      }
    }),
  )
  return Object.fromEntries(states)
}
