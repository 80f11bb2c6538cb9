import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuesses, type Guesses, TooManyAttempts } from '../src/guessing/guesses.ts'
import { sweepGuesses } from '../src/guessing/guess-store.ts'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let now = new Date('2026-01-01T12:00:00Z')
const clock: Clock = { now: () => now }
let guesses: Guesses

beforeAll(async () => {
  one = await startIdentity(undefined, { clock })
  await one.service.start()
  guesses = createGuesses({ db: one.testDatabase.database.db, clock })
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const password = 'Correct-Horse7!'
let counter = 0

async function account(): Promise<{ uid: AccountId; username: string }> {
  counter += 1
  const username = `somebody_${counter}`
  const person = { username, email: `${username}@example.org`, password }
  const { uid } = await one.identity.accounts.register(person, 'market', { kind: 'anonymous', address: '' })
  return { uid, username }
}

async function signedInFrom(uid: AccountId, address: string): Promise<void> {
  await sql`with opened as (select ${uid}::uuid as uid), along as (${guesses.remember(uid, address, 'opened')})
    select from opened`.execute(one.testDatabase.database.db)
}

function later(seconds: number): void {
  now = new Date(now.getTime() + seconds * 1000)
}

/** One failed attempt; the seconds to wait where it may not be made. */
async function fail(username: string, address: string): Promise<number | 'judged'> {
  try {
    const attempt = await guesses.begin(username, address)
    await attempt.failed()
    attempt.done()
    return 'judged'
  } catch (error) {
    if (error instanceof TooManyAttempts) return error.facts.retryAfterSeconds
    throw error
  }
}

async function failTimes(times: number, username: string, address: string): Promise<void> {
  for (let count = 0; count < times; count += 1) expect(await fail(username, address)).toBe('judged')
}

describe('guessing a password', () => {
  it('is slowed down more and more after twenty attempts, one at a time', async () => {
    const { username } = await account()
    await failTimes(21, username, '192.0.2.1')
    expect(await fail(username, '192.0.2.1')).toBe(1)
    later(1)
    expect(await fail(username, '192.0.2.1')).toBe('judged')
    expect(await fail(username, '192.0.2.1')).toBe(2)
    later(2)
    await failTimes(1, username, '192.0.2.1')
    expect(await fail(username, '192.0.2.1')).toBe(4)
  })

  it('never has to wait longer than five minutes', async () => {
    const { username } = await account()
    await failTimes(21, username, '192.0.2.1')
    for (let count = 0; count < 12; count += 1) {
      later(300)
      await failTimes(1, username, '192.0.2.1')
    }
    expect(await fail(username, '192.0.2.1')).toBe(300)
  })

  it('is the same for a name that nobody has', async () => {
    await failTimes(21, 'nobody_at_all', '192.0.2.1')
    expect(await fail('nobody_at_all', '192.0.2.1')).toBe(1)
    // Whatever its case: the account would be the same.
    expect(await fail('Nobody_At_All', '192.0.2.1')).toBe(1)
  })

  it('gets through once when many try at the same moment after a pause', async () => {
    const { username } = await account()
    await failTimes(21, username, '192.0.2.1')
    later(1)
    const tries = await Promise.all(Array.from({ length: 20 }, () => fail(username, '192.0.2.1')))
    expect(tries.filter((outcome) => outcome === 'judged')).toHaveLength(1)
  })

  it('is not refused within the free attempts because another one failed a moment later', async () => {
    const { username } = await account()
    later(1)
    await failTimes(2, username, '192.0.2.1')
    later(-1)
    expect(await fail(username, '192.0.2.1')).toBe('judged')
    later(1)
  })

  it('is forgotten after an hour, and after the right password', async () => {
    const { username } = await account()
    await failTimes(19, username, '192.0.2.1')
    const attempt = await guesses.begin(username, '192.0.2.1')
    await attempt.succeeded()
    attempt.done()
    await failTimes(21, username, '192.0.2.1')
    expect(await fail(username, '192.0.2.1')).toBe(1)
    later(3601)
    await failTimes(21, username, '192.0.2.1')
  })
})

describe('an account at which many fail', () => {
  async function pressed() {
    const person = await account()
    await signedInFrom(person.uid, '198.51.100.1')
    for (let client = 0; client < 50; client += 1) await failTimes(1, person.username, `203.0.113.${client}`)
    return person
  }

  it('slows strangers down from the first failure on', async () => {
    const { username } = await pressed()
    await failTimes(1, username, '192.0.2.7')
    expect(await fail(username, '192.0.2.7')).toBe(30)
  })

  it('does not let them keep its owner out: not where the owner was before, nor anywhere else at the first try', async () => {
    const { username } = await pressed()
    await failTimes(5, username, '198.51.100.1')
    const elsewhere = await guesses.begin(username, '192.0.2.99')
    await elsewhere.succeeded()
    elsewhere.done()
  })

  it('is at peace again once its owner has chosen a new password by mail', async () => {
    const { username } = await pressed()
    await failTimes(1, username, '192.0.2.7')
    await guesses.forgive(one.testDatabase.database.db, username)
    await failTimes(5, username, '192.0.2.7')
  })
})

describe('a client that fails everywhere', () => {
  it('waits everywhere, but at accounts that were used from there', async () => {
    const [known, other] = [await account(), await account()]
    const address = '192.0.2.200'
    await signedInFrom(known.uid, address)
    const names = Array.from({ length: 1001 }, () => newId())
    while (names.length > 0)
      await Promise.all(names.splice(0, 40).map(async (name) => expect(await fail(name, address)).toBe('judged')))
    expect(await fail(other.username, address)).toBe(1)
    expect(await fail(other.username, '192.0.2.201')).toBe('judged')
    expect(await fail(known.username, address)).toBe('judged')
  })
})

describe('what was counted', () => {
  it('holds no name, and is swept when it is forgotten', async () => {
    const { pool, db } = one.testDatabase.database
    await failTimes(1, 'hunter2-as-a-name', '192.0.2.1')
    const { rows } = await pool.query('select guess::text as text from guess')
    expect(rows.map(({ text }) => text).join()).not.toContain('hunter2')
    later(3601)
    const left = async () => {
      // What the service is sweeping at this moment is left out.
      while ((await sweepGuesses(db, now, 10)) > 0);
      return (await pool.query('select from guess')).rowCount
    }
    await expect.poll(left).toBe(0)
  })
})
