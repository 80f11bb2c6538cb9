import type { Door } from './door.ts'
import { withInstallation } from './installation.ts'
import { describe } from './latency.ts'
import { callForEach, type Load, medianOutcome, type Outcome } from './load.ts'
import { allTux, makeRichPlayers, type Player, roll, rollTux } from './players.ts'

const rollsAlone = 200
const rollsTogether = 4000
const rollsOfPlayer = allTux / rollTux

/** Rolls through the public door: each is drawn, charged by the wallet and delivered before the answer. */
export function measureRoll(load: Load): Promise<string> {
  return withInstallation(load.clients, async ({ publicDoor }) => {
    // The first round warms up and does not count.
    const needed = (load.rounds + 1) * (rollsAlone + rollsTogether)
    const players = await makeRichPlayers(publicDoor, Math.ceil(needed / rollsOfPlayer), load.clients)
    const rolls = Array.from({ length: rollsOfPlayer }, () => players).flat()
    const alone: Outcome[] = []
    const together: Outcome[] = []
    for (let round = 0; round <= load.rounds; round += 1) {
      alone.push(await rollAll(publicDoor, rolls.splice(0, rollsAlone), 1))
      together.push(await rollAll(publicDoor, rolls.splice(0, rollsTogether), load.clients))
    }
    return [
      `roll: medians of ${load.rounds} rounds of ${rollsAlone} and ${rollsTogether} rolls`,
      ...describe(load.clients, { alone: medianOutcome(alone.slice(1)), together: medianOutcome(together.slice(1)) }),
    ].join('\n')
  })
}

function rollAll(door: Door, players: readonly Player[], clients: number): Promise<Outcome> {
  return callForEach(players, clients, async (player) => void (await door.insist(200, roll(player))))
}
