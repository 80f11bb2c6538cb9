import { execFileSync } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { hashOfNobody, type NewHashes } from './new-hashes.ts'
import {
  createPasswordHashing,
  HashingBusy,
  type PasswordHashing,
  type PasswordHashingParts,
} from './password-hashing.ts'
import { parseStoredHash } from './stored-hash.ts'

const argon2id: NewHashes = { algorithm: 'argon2id', pbkdf2Iterations: 260_000 }
const pbkdf2: NewHashes = { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 260_000 }
const log = pino({ level: 'silent' })
const open: PasswordHashing[] = []

function hashing(parts: Partial<PasswordHashingParts> = {}): PasswordHashing {
  const created = createPasswordHashing({ log, metrics: emptyMetrics(), newHashes: argon2id, ...parts })
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
  })

  it.each([argon2id, pbkdf2, { ...pbkdf2, pbkdf2Iterations: 300_000 }])(
    'has a hash for those who have none, of the cost of every other: $algorithm, $pbkdf2Iterations',
    async (newHashes) => {
      const passwords = hashing({ newHashes })
      // The same kind and cost is what makes the work equal.
      const costOf = (text: string): unknown => ({ ...parseStoredHash(text), phc: '', salt: '', key: '' })
      const parametersOf = (text: string): string => text.split('$').slice(0, -2).join('$')
      const hash = await passwords.hash('Correct-Horse7!')
      expect(costOf(hashOfNobody(newHashes))).toEqual(costOf(hash))
      expect(parametersOf(hashOfNobody(newHashes))).toBe(parametersOf(hash))
      expect(passwords.isOutdated(hash)).toBe(false)
      expect(passwords.isOutdated(hashOfNobody(newHashes))).toBe(false)
    },
  )

  it('E-18 E-19 makes pbkdf2_sha256 hashes when it is told to, with the text of the salt', async () => {
    const { hash, verify } = hashing({ newHashes: pbkdf2 })
    const [one, two] = await Promise.all([hash('pässwörd'), hash('pässwörd')])
    expect(one).toMatch(/^pbkdf2_sha256\$260000\$[0-9a-f]{32}\$[A-Za-z0-9+/]{43}=$/)
    expect(one).not.toBe(two)
    const [, , salt = '', key] = one.split('$')
    expect(pbkdf2Sync('pässwörd', salt, 260_000, 32, 'sha256').toString('base64')).toBe(key)
    expect(await verify('pässwörd', one)).toBe(true)
    expect(await verify('passwörd', one)).toBe(false)
  })

  it('calls a hash outdated that is of another kind or cost than new ones', async () => {
    const { isOutdated } = hashing({ newHashes: pbkdf2 })
    expect(isOutdated(hashOfNobody({ ...pbkdf2, pbkdf2Iterations: 26_000 }))).toBe(true)
    expect(isOutdated(hashOfNobody({ ...pbkdf2, pbkdf2Iterations: 2_600_000 }))).toBe(true)
    expect(isOutdated(hashOfNobody(argon2id))).toBe(true)
    expect(hashing().isOutdated(hashOfNobody(pbkdf2))).toBe(true)
    expect(hashing().isOutdated(hashOfNobody(argon2id).replace('m=19456', 'm=4096'))).toBe(true)
  })

  it('leaves half of the queue to others when what it does can wait', async () => {
    const { hash, rehash } = hashing({ concurrency: 1, queueLimit: 4 })
    const attempts = [...Array.from({ length: 5 }, () => hash('Correct-Horse7!')), rehash('Correct-Horse7!')]
    const last = hash('Correct-Horse7!')
    expect((await Promise.allSettled(attempts)).map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      'rejected',
    ])
    expect(await last).toContain('argon2id')
    expect(await rehash('Correct-Horse7!')).toContain('argon2id')
  })

  it('counts what it does', async () => {
    const metrics = emptyMetrics()
    const { hash, verify } = hashing({ concurrency: 1, queueLimit: 2, metrics })
    const number = async (name: string): Promise<number> => {
      const line = (await metrics.metrics()).split('\n').find((each) => each.startsWith(`${name} `))
      return Number(line?.split(' ')[1])
    }
    const attempts = Promise.allSettled(Array.from({ length: 7 }, () => hash('Correct-Horse7!')))
    expect(await number('sallyport_password_hashing_waiting')).toBe(2)
    expect(await number('sallyport_password_hashing_running')).toBe(3)
    expect(await number('sallyport_password_hashing_refused_total')).toBe(2)
    await attempts
    expect(await number('sallyport_password_hashing_waiting')).toBe(0)
    expect(await number('sallyport_password_hashing_running')).toBe(0)
    expect(await number('sallyport_password_hashing_finished_total{task="hash"}')).toBe(5)
    expect(await number('sallyport_password_hashing_wait_seconds_count')).toBe(5)
    await verify('Correct-Horse7!', undefined)
    expect(await number('sallyport_password_hashing_finished_total{task="verify"}')).toBe(1)
    process.kill(children().at(-1) ?? 0, 'SIGKILL')
    await expect.poll(() => number('sallyport_password_hashing_restarts_total')).toBe(1)
  })

  it('calls a password that is longer than any wrong, and does the work all the same', async () => {
    const passwords = hashing()
    const long = 'x'.repeat(4097)
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
