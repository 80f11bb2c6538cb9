import { Rejection } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inBatches } from './batches.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

const migrations = new URL('fixtures/migrations', import.meta.url).pathname

/** Answers each with itself, when it is told to; remembers what came in one statement. */
function slowStatement() {
  const statements: number[][] = []
  const open: (() => void)[] = []
  const run = async (items: readonly number[]): Promise<readonly number[]> => {
    statements.push([...items])
    const { promise, resolve } = Promise.withResolvers<void>()
    open.push(resolve)
    await promise
    return items
  }
  return { statements, run, answer: () => open.shift()?.() }
}

const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

describe('what is asked for at once', () => {
  it('goes to the database in one statement, and everybody gets their own answer', async () => {
    const { statements, run, answer } = slowStatement()
    const ask = inBatches(run)
    const answers = Promise.all([ask(1), ask(2), ask(3)])
    await turn()
    answer()
    expect(await answers).toEqual([1, 2, 3])
    expect(statements).toEqual([[1, 2, 3]])
  })

  it('waits while as many statements as may be are under way, and then goes together', async () => {
    const { statements, run, answer } = slowStatement()
    const ask = inBatches(run, { atOnce: 1 })
    const first = ask(1)
    await turn()
    const others = Promise.all([ask(2), ask(3)])
    await turn()
    expect(statements).toEqual([[1]])
    answer()
    expect(await first).toBe(1)
    await turn()
    answer()
    expect(await others).toEqual([2, 3])
    expect(statements).toEqual([[1], [2, 3]])
  })

  it('is never in a statement that began before', async () => {
    const { statements, run, answer } = slowStatement()
    const ask = inBatches(run, { atOnce: 2 })
    const first = ask(1)
    await turn()
    const second = ask(1)
    await turn()
    expect(statements).toEqual([[1], [1]])
    answer()
    answer()
    expect(await Promise.all([first, second])).toEqual([1, 1])
  })

  it('is spread over several statements when it is too much for one', async () => {
    const { statements, run, answer } = slowStatement()
    const ask = inBatches(run, { size: 2 })
    const answers = Promise.all([1, 2, 3, 4, 5].map(ask))
    for (const _statement of [1, 2, 3]) {
      await turn()
      answer()
    }
    expect(await answers).toEqual([1, 2, 3, 4, 5])
    expect(statements).toEqual([[1, 2], [3, 4], [5]])
  })

  it('is refused when too much waits already', async () => {
    const { run, answer } = slowStatement()
    const ask = inBatches(run, { waiting: 2 })
    const answers = Promise.all([ask(1), ask(2)])
    const refusal: unknown = await ask(3).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Rejection)
    expect(refusal).toMatchObject({ code: 'database-busy', reason: 'busy', facts: { retryAfterSeconds: 1 } })
    await turn()
    answer()
    expect(await answers).toEqual([1, 2])
  })
})

describe('a statement that fails', () => {
  let test: TestDatabase<Record<string, never>>
  beforeAll(async () => {
    test = await createTestDatabase({ service: 'batches', migrations })
  })
  afterAll(() => test.drop())

  it('fails for the one alone for whose sake the database refuses it', async () => {
    const double = inBatches(async (texts: readonly string[]) => {
      const { rows } = await sql<{ twice: number }>`
        select 2 * text::integer as twice from unnest(${[...texts]}::text[]) with ordinality as asked (text, place)
        order by place`.execute(test.database.db)
      return rows.map(({ twice }) => twice)
    })
    const answers = await Promise.allSettled(['1', 'two', '3'].map(double))
    expect(answers).toMatchObject([{ value: 2 }, { status: 'rejected' }, { value: 6 }])
  })

  it('fails for all when it is not the database that refuses, and is not tried again', async () => {
    let tries = 0
    const ask = inBatches(async () => {
      tries += 1
      throw new Error('the connection is lost')
    })
    const answers = await Promise.allSettled([ask(1), ask(2)])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(tries).toBe(1)
  })
})
