/** The state of each part, by name: `ready`, `degraded: ` and what is wrong though it works, or what is wrong. */
export type PartStates = Readonly<Record<string, string>>

/** Whether everything works, be it not as well as it should. */
export function isReady(parts: PartStates): boolean {
  return Object.values(parts).every((state) => state === 'ready' || state.startsWith('degraded: '))
}
