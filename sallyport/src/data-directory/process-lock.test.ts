import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeProcessLock } from './process-lock.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-lock-'))
})
afterEach(() => rm(directory, { recursive: true }))

const file = () => join(directory, 'new', 'one.lock')
const take = (waitMs = 0) => takeProcessLock(file(), { waitMs })

/** Another process that has the lock. */
async function holder() {
  const module = JSON.stringify(new URL('process-lock.ts', import.meta.url).href)
  const program = `
    const { takeProcessLock } = await import(${module})
    console.log(await takeProcessLock(${JSON.stringify(file())}, { waitMs: 0 }) ? 'taken' : 'refused')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said]: unknown[] = await once(child.stdout, 'data')
  expect(String(said)).toBe('taken\n')
  return child
}

describe('the lock of a process', () => {
  it('is had by one at a time, until it is released', async () => {
    const lock = await take()
    expect(lock).toBeDefined()
    expect(await take()).toBeUndefined()
    lock?.release()
    const next = await take()
    expect(next).toBeDefined()
    next?.release()
  })

  it('is waited for', async () => {
    const lock = await take()
    const waiting = take(60_000)
    lock?.release()
    const next = await waiting
    expect(next).toBeDefined()
    next?.release()
  })

  it('ends with its process, however that ends', async () => {
    const child = await holder()
    expect(await take()).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await take()
    expect(lock).toBeDefined()
    lock?.release()
  })
})
