import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccountId, newId } from '@sallyport/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SessionId } from '../sessions/session.ts'
import { createLateLogins, type LateLogin } from './late-logins.ts'

let directory: string
let lines: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-late-'))
  lines = []
})
afterEach(() => rm(directory, { recursive: true }))

const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
const file = () => join(directory, 'late-logins-1')
/** As a process has them; another one on the same file is the next process. */
const open = (at = file()) => createLateLogins({ file: at, log })

function login(more: Partial<LateLogin> = {}): LateLogin {
  return {
    sid: newId<SessionId>(),
    uid: newId<AccountId>(),
    createdAt: new Date('2026-03-01T12:00:00.123Z'),
    sessionsValidFrom: undefined,
    address: '192.0.2.7',
    userAgent: undefined,
    ...more,
  }
}

describe('logins that wait to be written down (enrollment E-21)', () => {
  const ada = login()
  const bob = login({ sessionsValidFrom: new Date('2026-02-01T00:00:00.001Z'), userAgent: 'curl "8"\n' })

  it('are what the next process finds, once they are kept', async () => {
    const logins = open()
    for (const one of [ada, bob]) logins.add(one)
    expect(await open().restore()).toEqual([])
    await logins.keep()
    await logins.keep()
    expect(await open().restore()).toEqual([ada, bob])
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('are forgotten when all of them are written down, and not before', async () => {
    const logins = open()
    for (const one of [ada, bob]) logins.add(one)
    await logins.keep()
    logins.remove(ada)
    await logins.settle()
    expect(await open().restore()).toEqual([ada, bob])
    logins.remove(bob)
    await logins.settle()
    expect(await readdir(directory)).toEqual([])
  })

  it('are kept beside those of the process before', async () => {
    const first = open()
    first.add(ada)
    await first.keep()
    const second = open()
    expect(await second.restore()).toEqual([ada])
    second.add(bob)
    await second.keep()
    second.remove(ada)
    expect(await open().restore()).toEqual([ada, bob])
    second.remove(bob)
    await second.settle()
    expect(await open().restore()).toEqual([])
  })

  it('are found beside a line that was not finished, and whatever else is there', async () => {
    const first = open()
    first.add(ada)
    await first.keep()
    await appendFile(file(), '{"sid": 1}\nnull\n{"sid":"1","uid":"2","createdAt":3,"address":""}\n{"sid":"0a')
    const second = open()
    expect(await second.restore()).toEqual([ada])
    second.add(bob)
    await second.keep()
    expect(await open().restore()).toEqual([ada, bob])
  })

  it('go on without the file when it cannot be written, which is told of once', async () => {
    const logins = open(join(directory, 'nowhere', 'late-logins-1'))
    for (const one of [ada, bob]) {
      logins.add(one)
      await logins.keep()
    }
    expect(lines).toHaveLength(1)
    logins.remove(ada)
    await logins.settle()
  })

  it('are in memory alone where there is no file', async () => {
    const logins = createLateLogins({ file: undefined, log })
    logins.add(ada)
    await logins.keep()
    logins.remove(ada)
    expect([await readdir(directory), lines]).toEqual([[], []])
  })
})
