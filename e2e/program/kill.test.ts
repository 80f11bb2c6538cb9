import { randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'
import { type Diary, look, playUntilTheEnd } from './player.ts'
import { findLosses, findOpenAfter, type TradeBook, tradeUntilTheEnd } from './trader.ts'

/** `npm run test:crash` asks for two hundred. */
const rounds = Number(process.env['SALLYPORT_CRASH_ROUNDS'] ?? 3)
const playersAtOnce = 4
const tradersAtOnce = 4
const administrator = 'Front-Door-8180!'

let dataDirectory: string
let program: Program

beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory, { SALLYPORT_ADMIN_PASSWORD: administrator })
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

describe('kill -9 of the program while requests run', () => {
  const everybody: Diary[] = []

  it.each(Array.from({ length: rounds }, (_, round) => round + 1))(
    'loses nothing that was answered and does nothing by halves (round %d)',
    { timeout: 120_000 },
    async () => {
      const diaries: Diary[] = []
      const book: TradeBook = { auctions: [], bids: [] }
      const playing = [
        ...Array.from({ length: playersAtOnce }, () => playUntilTheEnd(program.addresses, diaries)),
        ...Array.from({ length: tradersAtOnce }, () => tradeUntilTheEnd(program.addresses, book)),
      ]
      // Something is there to lose; the moment itself is left to chance.
      await expect.poll(() => book.bids.length > 0 && diaries.some(({ rolled }) => rolled.length > 0)).toBe(true)
      await sleep(randomInt(1200))
      await program.kill()
      await Promise.all(playing)

      program = await startProgram(dataDirectory)

      const backAt = Math.floor(Date.now() / 1000)
      expect(await findLosses(program.addresses, book, administrator)).toEqual([])
      // What ended while it was dead is closed a moment after the start.
      await expect.poll(() => findOpenAfter(backAt, program.addresses, administrator)).toEqual([])
      everybody.push(...diaries)
      // Those of this round, and some of earlier rounds: a later crash must not undo an older write.
      for (const diary of [...diaries, ...everybody.slice(0, 3)]) {
        const has = await look(program.addresses, diary)
        const { username } = diary
        const copies = [...has.copies.values()].reduce((sum, value) => sum + value, 0)
        // One purchase and one roll may have been done without being answered.
        expect(has.purchases * 20 - diary.bought, `${username}: purchases`).toBeOneOf([0, 20])
        expect(has.paidRolls - diary.rolled.length, `${username}: rolls`).toBeOneOf([0, 1])
        expect(copies, `${username}: every roll that was paid is in the collection, once`).toBe(has.paidRolls)
        expect(has.tux, `${username}: the balance is what the history says`).toBe(
          has.purchases * 20 - has.paidRolls * 10,
        )
        for (const name of diary.rolled) expect(has.copies.get(name) ?? 0, `${username}: ${name}`).toBeGreaterThan(0)
      }
    },
  )

  it('leaves the books and the market right, however often', async () => {
    for (const [what, words] of [
      ['wallet', 'the books are right\n'],
      ['market', 'the market is right\n'],
    ] as const) {
      const verification = launch(['admin', what, 'verify'], { SALLYPORT_DATA: dataDirectory })
      expect([await verification.ended(), verification.output()]).toEqual([0, words])
    }
  })
})
