import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createDeferredWork, type DeferredTask } from './deferred-work.ts'

class Away extends Error {}

function setUp({ limit = 10 } = {}) {
  const state = { now: new Date('2026-03-01T12:00:00Z'), canWrite: true }
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const work = createDeferredWork({
    now: () => state.now,
    canWrite: () => state.canWrite,
    isWorthAnotherTry: (error) => error instanceof Away,
    log,
    limit,
    // Nothing is tried again by itself while a test runs.
    pauseMs: 3600_000,
  })
  const done: string[] = []
  const task = (what: string, failures: readonly Error[] = []): DeferredTask => {
    const left = [...failures]
    return {
      what,
      async run() {
        const failure = left.shift()
        if (failure) throw failure
        done.push(what)
      },
      until: new Date('2026-03-01T12:20:00Z'),
    }
  }
  return { state, lines, work, done, task }
}

describe('work that is put off (enrollment E-21)', () => {
  it('is done in its order', async () => {
    const { work, done, task } = setUp()
    for (const what of ['one', 'two', 'three']) work.add(task(what))
    await work.settle()
    expect(done).toEqual(['one', 'two', 'three'])
  })

  it('waits as long as nothing can be written', async () => {
    const { state, work, done, task } = setUp()
    state.canWrite = false
    work.add(task('one'))
    await work.settle()
    expect(done).toEqual([])
    state.canWrite = true
    await work.settle()
    expect(done).toEqual(['one'])
  })

  it('is tried again when its failure passes, before what came after it', async () => {
    const { work, done, task, lines } = setUp()
    work.add(task('one', [new Away(), new Away()]))
    work.add(task('two'))
    for (const expected of [[], [], ['one', 'two']]) {
      await work.settle()
      if (expected.length > 0) expect(done).toEqual(expected)
    }
    expect(lines).toEqual([])
  })

  it('is given up when its failure does not pass, and told of', async () => {
    const { work, done, task, lines } = setUp()
    work.add(task('one', [new Error('a bug')]))
    work.add(task('two'))
    await work.settle()
    expect(done).toEqual(['two'])
    expect(lines).toHaveLength(1)
  })

  it('is not done any more when it is too late', async () => {
    const { state, work, done, task } = setUp()
    state.canWrite = false
    work.add(task('one'))
    state.now = new Date('2026-03-01T12:20:00Z')
    state.canWrite = true
    await work.settle()
    expect(done).toEqual([])
  })

  it('is dropped when too much waits, and told of once', async () => {
    const { state, work, done, task, lines } = setUp({ limit: 2 })
    state.canWrite = false
    for (const what of ['one', 'two', 'three', 'four']) work.add(task(what))
    state.canWrite = true
    await work.settle()
    expect(done).toEqual(['one', 'two'])
    expect(lines).toHaveLength(1)
  })
})
