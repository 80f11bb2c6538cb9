import { execFileSync } from 'node:child_process'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createPasswordHashing,
  HashingBusy,
  hashOfNobody,
  type PasswordHashing,
  type PasswordHashingOptions,
} from './password-hashing.ts'

const log = pino({ level: 'silent' })
const open: PasswordHashing[] = []

function hashing(options: Partial<PasswordHashingOptions> = {}): PasswordHashing {
  const created = createPasswordHashing({ log, ...options })
  open.push(created)
  return created
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.stop()
})

/** The hashing processes that this test run has started. */
function children(): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]).toString()
  return listed
    .split('\n')
    .filter((line) => line.includes('hashing-process.ts'))
    .map((line) => Number.parseInt(line, 10))
}

describe('hashing passwords (design §4)', () => {
  it('makes argon2id hashes with 19 MiB, two passes, one lane, each with a salt of its own', async () => {
    const { hash } = hashing()
    const [one, two] = await Promise.all([hash('Correct-Horse7!'), hash('Correct-Horse7!')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(two)
  })

  it('tells the right password from others', async () => {
    const { hash, verify } = hashing()
    const stored = await hash('Correct-Horse7!')
    expect(await verify('Correct-Horse7!', stored)).toBe(true)
    expect(await verify('correct-horse7!', stored)).toBe(false)
    expect(await verify('Correct-Horse7!', 'no hash at all')).toBe(false)
  })

  it('lets nobody in where there is no hash, and works as long for the answer', async () => {
    const passwords = hashing()
    expect(await passwords.verify('Correct-Horse7!', undefined)).toBe(false)
    // The hash that stands in for the missing one has the cost of every other: that is what makes the work equal.
    const costOf = (phc: string): string => phc.split('$').slice(0, 4).join('$')
    expect(costOf(hashOfNobody)).toBe(costOf(await passwords.hash('Correct-Horse7!')))
  })

  it('calls a password that is longer than any wrong, and does the work all the same', async () => {
    const passwords = hashing()
    const long = 'x'.repeat(1025)
    const { hash } = await import('@node-rs/argon2')
    expect(await passwords.verify(long, await hash(long))).toBe(false)
    expect(await passwords.verify('', await hash(long))).toBe(false)
  })

  it('happens in a process of the lowest priority', async () => {
    const { hash } = hashing()
    await hash('Correct-Horse7!')
    const [pid] = children()
    expect(
      execFileSync('ps', ['-o', 'ni=', '-p', String(pid)])
        .toString()
        .trim(),
    ).toBe('19')
  })

  it('takes no more than may wait', async () => {
    const { hash } = hashing({ concurrency: 1, queueLimit: 2 })
    const attempts = await Promise.allSettled(Array.from({ length: 7 }, () => hash('Correct-Horse7!')))
    // Three are with the process and two wait.
    expect(attempts.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ])
    for (const attempt of attempts)
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(HashingBusy)
    expect(await hash('Correct-Horse7!')).toContain('argon2id')
  })

  it('goes on when its process is killed', async () => {
    const { hash } = hashing({ concurrency: 1 })
    await hash('Correct-Horse7!')
    const [pid] = children()
    const [begun, , , waiting] = Array.from({ length: 4 }, () =>
      hash('Correct-Horse7!').catch((error: unknown) => error),
    )
    process.kill(pid ?? 0, 'SIGKILL')
    expect(await begun).toBeInstanceOf(HashingBusy)
    expect(await waiting).toContain('argon2id')
  })
})
