import { withInstallation } from './installation.ts'
import type { Load } from './load.ts'
import { createShopper, type Task } from './shopper.ts'
import { createRouteTable } from './route-table.ts'

/** How often each task is chosen, among all of them. */
const weights: readonly (readonly [Task, number])[] = [
  ['register', 10],
  ['buyAndRoll', 5],
  ['readCatalogue', 5],
  ['readHistory', 3],
  ['readGacha', 1],
  ['auction', 1],
]
const bag = weights.flatMap(([task, weight]) => Array.from({ length: weight }, () => task))

/**
 * The load profile of the market for so many minutes: each client does one task after the other, without a pause, and
 * what each route did is printed. An answer that is not expected is a failure; it ends its task and nothing else.
 */
export function runMarketMix({ clients, minutes = 15 }: Load): Promise<string> {
  return withInstallation(clients, async ({ publicDoor }) => {
    const table = createRouteTable(publicDoor)
    const began = performance.now()
    const isOver = (): boolean => performance.now() - began >= minutes * 60_000
    const client = async (): Promise<void> => {
      const shopper = createShopper(table, isOver)
      await shopper.register()
      while (!isOver()) await shopper[bag[Math.floor(Math.random() * bag.length)] ?? 'register']()
    }
    await Promise.all(Array.from({ length: clients }, client))
    const seconds = (performance.now() - began) / 1000
    return [`market-mix: ${clients} clients, ${seconds.toFixed(0)} s`, table.print(seconds)].join('\n')
  })
}
