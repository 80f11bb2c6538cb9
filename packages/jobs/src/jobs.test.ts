import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, createTestDatabase } from '@sallyport/database/testing'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type JobAttempt, jobTask } from './job.ts'
import { createJobs } from './jobs.ts'

interface Note {
  text: string
}

let test: TestDatabase<unknown>
let jobs: ReturnType<typeof makeJobs>
const logged: string[] = []
const ran: string[] = []
const attempts: JobAttempt[] = []

/** What the task does with a note; each test may say. */
let run: (note: Note, attempt: JobAttempt) => Promise<void>

const write = (level: string) => (fields: object, message: string) =>
  void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)

function makeJobs() {
  return createJobs({
    database: test.database,
    service: 'test',
    log: { debug() {}, info: write('info'), warn: write('warn'), error: write('error') },
    tasks: {
      note: jobTask<Note>({
        parse(payload) {
          if (typeof payload === 'object' && payload !== null && 'text' in payload && typeof payload.text === 'string')
            return { text: payload.text }
          throw new TypeError(`not a note: ${JSON.stringify(payload)}`)
        },
        run: (note, attempt) => run(note, attempt),
      }),
    },
  })
}

const enqueue = (job: Omit<Parameters<typeof jobs.enqueue>[1], 'task'>) =>
  test.database.db.transaction().execute((tx) => jobs.enqueue(tx, { task: 'note', ...job }))

async function jobsInQueue(): Promise<unknown[]> {
  const { rows } = await sql`select key, attempts, locked_by from graphile_worker.jobs order by id`.execute(
    test.database.db,
  )
  return rows
}

beforeEach(async () => {
  test = await createTestDatabase({ service: 'test' })
  logged.length = ran.length = attempts.length = 0
  run = async (note, attempt) => {
    ran.push(note.text)
    attempts.push(attempt)
  }
  jobs = makeJobs()
  await jobs.prepare()
})
afterEach(async () => {
  await jobs.stop()
  await test.drop()
})

describe('enqueueing', () => {
  it('runs what was committed, with its payload, and at once', async () => {
    await jobs.start()
    const began = performance.now()
    const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    for (const [index, text] of texts.entries()) {
      await enqueue({ payload: { text } })
      await expect.poll(() => ran, { interval: 5 }).toHaveLength(index + 1)
    }
    // Whoever looked for each only when it is time to look, once a second, would take longer on any machine.
    expect(performance.now() - began).toBeLessThan(5000)
    expect(ran).toEqual(texts)
    expect(attempts[0]).toMatchObject({ attempt: 1, maxAttempts: 5 })
    await expect.poll(jobsInQueue).toEqual([])
  })

  it('never runs what was rolled back', async () => {
    await expect(
      test.database.db.transaction().execute(async (tx) => {
        await jobs.enqueueMany(tx, [
          { task: 'note', payload: { text: 'now' } },
          { task: 'note', payload: { text: 'later' }, runAfterMs: 10 },
        ])
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    await enqueue({ payload: { text: 'witness' }, runAfterMs: 20 })
    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 0 })
    expect(ran).toEqual(['witness'])
  })

  it('takes several, due now and later, each under its key', async () => {
    await test.database.db.transaction().execute((tx) =>
      jobs.enqueueMany(tx, [
        { task: 'note', payload: { text: 'a' }, key: 'a' },
        { task: 'note', payload: { text: 'b' }, key: 'b', runAfterMs: 3_600_000 },
      ]),
    )
    await jobs.resume({ timeoutMs: 20_000 })
    expect(ran).toEqual(['a'])
    expect(await jobsInQueue()).toEqual([{ key: 'b', attempts: 0, locked_by: null }])
  })

  it.each([0, 50])('replaces what waits under the same key (due in %i ms)', async (runAfterMs) => {
    await enqueue({ payload: { text: 'first' }, key: 'k', runAfterMs })
    await enqueue({ payload: { text: 'second' }, key: 'k', runAfterMs })
    await jobs.resume({ timeoutMs: 20_000 })
    expect(ran).toEqual(['second'])
  })

  it.each([0, 50])('runs another after the one that runs under the same key (due in %i ms)', async (runAfterMs) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    run = async (note) => {
      ran.push(note.text)
      if (note.text === 'first') {
        await promise
        throw new Error('and is not tried again')
      }
    }
    await jobs.start()
    await enqueue({ payload: { text: 'first' }, key: 'k' })
    await expect.poll(() => ran).toEqual(['first'])
    await enqueue({ payload: { text: 'second' }, key: 'k', runAfterMs })
    resolve()
    await expect.poll(() => ran).toEqual(['first', 'second'])
    expect(await jobs.deadLetters()).toEqual([])
  })
})

describe('completing', () => {
  it('prevents what is not due yet, and does not mind keys that are gone', async () => {
    await enqueue({ payload: { text: 'never' }, key: 'k', runAfterMs: 50 })
    await jobs.complete(test.database.db, ['k', 'unknown'])
    await jobs.complete(test.database.db, [])
    await sleep(60)
    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 0 })
    expect(ran).toEqual([])
  })

  it('counts only when its transaction commits', async () => {
    await enqueue({ payload: { text: 'still' }, key: 'k', runAfterMs: 50 })
    await test.database.db
      .transaction()
      .execute(async (tx) => {
        await jobs.complete(tx, ['k'])
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    await jobs.resume({ timeoutMs: 20_000 })
    expect(ran).toEqual(['still'])
  })

  it('leaves no dead letter of a job that was being run and failed', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    run = async (note) => {
      ran.push(note.text)
      await promise
    }
    await jobs.start()
    await enqueue({ payload: { text: 'running' }, key: 'k', maxAttempts: 1 })
    await expect.poll(() => ran).toEqual(['running'])
    await jobs.complete(test.database.db, ['k'])
    reject(new Error('too late'))
    await expect.poll(() => logged.join()).toContain('a job failed')
    await jobs.stop()
    expect(await jobsInQueue()).toEqual([])
  })
})

describe('failing', () => {
  it('retries, keeps a dead letter when the attempts are used up, and runs it again when told to', async () => {
    run = async (note, { attempt }) => {
      ran.push(`${note.text} ${attempt}`)
      throw new Error('the wallet is closed')
    }
    await enqueue({ payload: { text: 'pay' }, key: 'k', maxAttempts: 2 })
    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 1 })
    expect(ran).toEqual(['pay 1'])
    expect(await jobs.deadLetters()).toEqual([])
    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 0 })
    expect(ran).toEqual(['pay 1', 'pay 2'])
    const [letter] = await jobs.deadLetters()
    expect(letter).toMatchObject({ task: 'note', key: 'k', attempts: 2, lastError: 'the wallet is closed' })

    run = async (note) => void ran.push(`${note.text} again`)
    expect(await jobs.retry(letter?.id ?? '')).toBe(true)
    await jobs.resume({ timeoutMs: 20_000 })
    expect(ran.at(-1)).toBe('pay again')
    expect(await jobs.deadLetters()).toEqual([])
    expect(await jobs.retry(letter?.id ?? '')).toBe(false)
    expect(await jobs.retry('nonsense')).toBe(false)
  })

  it('writes no payload into the log, not even one it cannot parse', async () => {
    run = async () => Promise.reject(new Error('no'))
    await enqueue({ payload: { text: 'secret-a' }, maxAttempts: 1 })
    await sql`select graphile_worker.add_job('note', '{"other": "secret-b"}', max_attempts => 1)`.execute(
      test.database.db,
    )
    await jobs.resume({ timeoutMs: 20_000 })
    expect(logged.filter((line) => line.startsWith('warn a job failed'))).toHaveLength(2)
    expect(logged.join('\n')).toContain('the payload is not one of the task note')
    expect(logged.join('\n')).not.toContain('secret')
  })
})

describe('resuming', () => {
  it('takes up at once what a process was running when it was killed', async () => {
    await enqueue({ payload: { text: 'interrupted' }, key: 'k', maxAttempts: 1 })
    const { host, port, user, database } = test.connection
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'fixtures', 'hanging-worker.ts'), host, String(port), user, database],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await jobsInQueue()).toEqual([{ key: 'k', attempts: 1, locked_by: 'sallyport test 1' }])

    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 0 })
    expect(ran).toEqual(['interrupted'])
    expect(attempts[0]).toMatchObject({ attempt: 2, maxAttempts: 2 })
  })

  it('takes up also what a statement of that process took when it was dead already', async () => {
    run = async ({ text }) => {
      ran.push(text)
      if (text === 'first') {
        await sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'sallyport test 1'
          where key = 'second'`.execute(test.database.db)
      }
    }
    await enqueue({ payload: { text: 'first' }, key: 'first' })
    await enqueue({ payload: { text: 'second' }, key: 'second', runAfterMs: 3_600_000 })
    expect(await jobs.resume({ timeoutMs: 20_000 })).toEqual({ left: 0 })
    expect(ran).toEqual(['first', 'second'])
  })

  it('leaves the jobs of another instance alone', async () => {
    await enqueue({ payload: { text: 'theirs' }, key: 'k' })
    await sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'sallyport test 2'`.execute(
      test.database.db,
    )
    expect(await jobs.resume({ timeoutMs: 1000 })).toEqual({ left: 1 })
    expect(ran).toEqual([])
  })

  it('does not wait longer than it is told, and lets the job end by itself', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    run = async (note) => {
      await promise
      ran.push(note.text)
    }
    await enqueue({ payload: { text: 'slow' } })
    expect(await jobs.resume({ timeoutMs: 200 })).toEqual({ left: 1 })
    await jobs.start()
    await sleep(100)
    resolve()
    await expect.poll(jobsInQueue).toEqual([])
    expect(ran).toEqual(['slow'])
  })
})

describe('stopping', () => {
  it('waits for the job that runs', async () => {
    run = async (note) => {
      ran.push('began')
      await sleep(200)
      ran.push(note.text)
    }
    await jobs.start()
    await enqueue({ payload: { text: 'ended' } })
    await expect.poll(() => ran).toEqual(['began'])
    await jobs.stop()
    expect(ran).toEqual(['began', 'ended'])
    expect(await jobsInQueue()).toEqual([])
  })

  it('tells a job that takes too long, and does not wait for ever', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    run = async () => {
      ran.push('began')
      await promise
    }
    await jobs.start()
    await enqueue({ payload: { text: 'slow' } })
    await expect.poll(() => ran).toEqual(['began'])
    await jobs.stop({ timeoutMs: 100 })
    expect(logged.join()).toContain('jobs were still running at the end')
    resolve()
  })
})
