/** How long requests under way may take when everything stops, in milliseconds. */
export const graceMs = 2500

/** Does one step after the other, whatever becomes of those before. @throws {AggregateError} when any of them failed */
export async function stopInTurn(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped')
}
