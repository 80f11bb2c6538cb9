import { expect, it } from 'vitest'
import { type Waiting, WaitingLine } from './waiting-line.ts'

class Call implements Waiting {
  readonly deadline: number
  isLate = false
  constructor(deadline: number) {
    this.deadline = deadline
  }
  waitedTooLong(): void {
    this.isLate = true
  }
}

/** A line whose clock a test moves; its timers wait in real time. */
function newLine() {
  const clock = { ms: 0 }
  return { clock, line: new WaitingLine<Call>(3, () => clock.ms) }
}

it('gives way in order of arrival, and takes no more than it may', () => {
  const { line } = newLine()
  const calls = [new Call(1000), new Call(1000), new Call(1000)]
  for (const call of calls) expect(line.join(call)).toBe(true)
  expect(line.join(new Call(1000))).toBe(false)
  line.leave(calls[0] ?? expect.fail())
  expect([line.shift(), line.shift(), line.shift()]).toEqual([calls[1], calls[2], undefined])
})

it('sends away whoever is late, also behind one that may wait longer, and nobody else', async () => {
  const { clock, line } = newLine()
  const [patient, hasty] = [new Call(10_000), new Call(5)]
  line.join(patient)
  line.join(hasty)
  clock.ms = 5
  await expect.poll(() => hasty.isLate, { interval: 2 }).toBe(true)
  expect([patient.isLate, line.length]).toEqual([false, 1])
})
