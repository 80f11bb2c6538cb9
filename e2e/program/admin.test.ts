import { rm } from 'node:fs/promises'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDataDirectory } from '../support/data-directory.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program

beforeAll(async () => {
  dataDirectory = await makeDataDirectory()
  program = await startProgram(dataDirectory)
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

async function admin(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = launch(['admin', ...args], { SALLYPORT_DATA: dataDirectory })
  const code = await launched.ended()
  return { code, output: launched.output() }
}

/** Leaves a job behind that cannot be done: its player is no UUID. */
async function leaveDeadLetter(): Promise<void> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const database = openDatabase({ connection: postgres.connection('identity', 'service'), service: 'identity' })
  await database.pool.query(
    `select graphile_worker.add_job('take-membership-step', '{"membership": "wallet"}', max_attempts => 1, job_key => 'open wallet of nobody')`,
  )
  await database.close()
  await postgres.stop()
}

describe('sallyport admin jobs, while the program runs', () => {
  it('has nothing to show where everything was done', async () => {
    expect(await admin('jobs', 'list')).toEqual({ code: 0, output: 'no job has used up its attempts\n' })
  })

  it('shows what was given up, and tries it again when it is told to', async () => {
    await leaveDeadLetter()
    await expect
      .poll(async () => (await admin('jobs', 'list')).output, { timeout: 20_000 })
      .toContain('open wallet of nobody')
    const { output } = await admin('jobs', 'list')
    expect(output).toMatch(/identity \d+ {2}open wallet of nobody\n {2}failed 1 times, last on 20/)
    const id = /identity (\d+)/.exec(output)?.[1] ?? ''
    expect(await admin('jobs', 'retry', 'identity', id)).toEqual({
      code: 0,
      output: `identity tries job ${id} again\n`,
    })
  })

  it('says so when there is no such job', async () => {
    for (const id of ['4711', 'x']) {
      const { code, output } = await admin('jobs', 'retry', 'gacha', id)
      expect(code).toBe(1)
      expect(output).toBe(`sallyport: gacha has no job ${id} that used up its attempts\n`)
    }
  })
})
