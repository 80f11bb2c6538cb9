import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stock } from '../src/catalogue/stock.ts'
import { deliver } from '../src/rolls/delivery.ts'
import type { RollId } from '../src/rolls/roll.ts'
import { nextSeed } from './seeds.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'
import { holdBack, loseAnswer, loseRequest } from './wallet-stand-in.ts'

let gacha: TestGacha
let ada: AccountId

beforeEach(async () => {
  gacha = await startGacha()
  ada = await gacha.newPlayer(30)
})
afterEach(() => gacha.stop())

const image = expect.any(String)
const notEnough = { status: 400, body: { detail: "Error, you don't have enough tux to complete the roll" } }
const later = { status: 503, body: { detail: expect.any(String) } }
const close = (uid: string) => gacha.asIdentity('DELETE', `/internal/gacha/players/${uid}`)
const remove = (name: string) => gacha.asAdministrator('DELETE', `/admin/api/distro/gacha/remove/${name}`)
const removeAll = async () => {
  for (const { name } of stock) await remove(name)
}

describe('a roll', () => {
  it('§5 gives one copy for the price, and leaves nothing to do', async () => {
    expect(await gacha.roll(ada)).toEqual({ status: 200, body: { name: 'Ubuntu', image } })
    expect(await gacha.roll(ada)).toEqual({ status: 200, body: { name: 'Ubuntu', image } })
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 2 })
    expect(gacha.wallet.tux.get(ada)).toBe(10)
    expect(await gacha.rollStates()).toEqual({ delivered: 2 })
    expect(await gacha.waitingJobs()).toBe(0)
    expect(gacha.wallet.voidings()).toBe(0)
  })

  it('§6 draws with the rarities of the moment', async () => {
    for (const { name, rarity } of stock) {
      if (rarity === 1) {
        await gacha.asAdministrator('PUT', '/admin/api/distro/gacha', { name, rarity: '5', image: '' })
      }
    }
    expect((await gacha.roll(ada)).body).toMatchObject({ name: 'Arch_Linux' })
  })

  it('§5 is refused without enough tux, and leaves nothing to do', async () => {
    const bob = await gacha.newPlayer(9)
    expect(await gacha.roll(bob)).toEqual(notEnough)
    expect(await gacha.copiesOf(bob)).toEqual({})
    expect(await gacha.rollStates()).toEqual({ refused: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('§5 is refused in the same words to a player whom the wallet does not know', async () => {
    gacha.wallet.tux.delete(ada)
    expect(await gacha.roll(ada)).toEqual(notEnough)
  })

  it('§11 is refused in the same words to a player whose account was deleted', async () => {
    await close(ada)
    gacha.wallet.tux.delete(ada)
    expect(await gacha.roll(ada)).toEqual(notEnough)
    await removeAll()
    expect(await gacha.roll(ada)).toEqual(notEnough)
  })

  it('§13 charges nobody who has no collection', async () => {
    const bob = newId()
    gacha.wallet.tux.set(bob, 50)
    expect(await gacha.roll(bob)).toEqual({ status: 400, body: { detail: 'User Not present' } })
    await close(ada)
    expect(await gacha.roll(ada)).toEqual(notEnough)
    expect([gacha.wallet.tux.get(bob), gacha.wallet.tux.get(ada)]).toEqual([50, 30])
    expect(await gacha.rollStates()).toEqual({})
  })

  it('§13 charges nothing when the catalogue is empty', async () => {
    await removeAll()
    expect(await gacha.roll(ada)).toEqual({ status: 400, body: { detail: 'There is no gacha to roll for' } })
    expect(gacha.wallet.tux.get(ada)).toBe(30)
  })

  it('§5 adds exactly as many copies as there are rolls, however many come at once', async () => {
    gacha.wallet.tux.set(ada, 200)
    const answers = await Promise.all(Array.from({ length: 24 }, () => gacha.roll(ada)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(4)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 20 })
    expect(gacha.wallet.tux.get(ada)).toBe(0)
    expect(await gacha.waitingJobs()).toBe(0)
  })
})

describe('a roll whose payment is not answered', () => {
  it('is delivered later when it was charged', async () => {
    gacha.wallet.plan.push(loseAnswer)
    expect(await gacha.roll(ada)).toEqual(later)
    expect(await gacha.copiesOf(ada)).toEqual({})
    expect(await gacha.waitingJobs()).toBe(1)
    await gacha.startAnother()
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.rollStates()).toEqual({ delivered: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('is made void later when it was not charged', async () => {
    gacha.wallet.plan.push(loseRequest)
    expect(await gacha.roll(ada)).toEqual(later)
    await gacha.startAnother()
    expect(await gacha.copiesOf(ada)).toEqual({})
    expect(gacha.wallet.tux.get(ada)).toBe(30)
    expect(await gacha.rollStates()).toEqual({ void: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('answers with Retry-After', async () => {
    gacha.wallet.away = true
    const address = await gacha.service.listen({ host: '127.0.0.1', port: 0 })
    const headers = { authorization: `Bearer user ${ada}` }
    const answer = await fetch(`${address}/api/distro/${ada}/gacha/roll`, { method: 'POST', headers })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  })

  it('waits for a wallet that is away for longer', async () => {
    gacha.wallet.plan.push(loseAnswer)
    await gacha.roll(ada)
    gacha.wallet.away = true
    await gacha.startAnother()
    expect(await gacha.rollStates()).toEqual({ drawn: 1 })
    gacha.wallet.away = false
    await gacha.startAnother()
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
  })
})

describe('a roll in the midst of which the process dies', () => {
  it.each([
    ['before it was charged', 'request', { void: 1 }, {}, 30],
    ['after it was charged', 'answer', { delivered: 1 }, { Ubuntu: 1 }, 20],
  ] as const)('is settled by the next process: %s', async (_, what, states, copies, tux) => {
    const held = holdBack(what)
    gacha.wallet.plan.push(held.incident)
    const rolling = gacha.roll(ada)
    await held.reached
    await gacha.startAnother()
    const settled = async () => [await gacha.rollStates(), await gacha.copiesOf(ada), gacha.wallet.tux.get(ada)]
    expect(await settled()).toEqual([states, copies, tux])
    // The first was not dead but slow: what it does when it comes to itself changes nothing any more.
    held.release()
    expect(await rolling).toEqual(what === 'answer' ? { status: 200, body: { name: 'Ubuntu', image } } : later)
    expect(await settled()).toEqual([states, copies, tux])
  })

  it('is settled once by processes that start together', async () => {
    for (let roll = 0; roll < 3; roll++) {
      gacha.wallet.plan.push(loseAnswer)
      await gacha.roll(ada)
    }
    await Promise.all([gacha.startAnother(), gacha.startAnother(), gacha.startAnother()])
    await expect.poll(() => gacha.rollStates()).toEqual({ delivered: 3 })
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 3 })
    expect(gacha.wallet.tux.get(ada)).toBe(0)
  })
})

describe('a roll that is overtaken', () => {
  it('§13 gives another gacha when the drawn one is removed before delivery', async () => {
    const held = holdBack('answer')
    gacha.wallet.plan.push(held.incident)
    const rolling = gacha.roll(ada)
    await held.reached
    expect((await remove('Ubuntu')).status).toBe(200)
    held.release()
    expect(await rolling).toEqual({ status: 200, body: { name: 'Debian', image } })
    expect(await gacha.copiesOf(ada)).toEqual({ Debian: 1 })
  })

  it('§13 stays owed while the catalogue is empty', async () => {
    const held = holdBack('answer')
    gacha.wallet.plan.push(held.incident)
    const rolling = gacha.roll(ada)
    await held.reached
    await removeAll()
    held.release()
    expect(await rolling).toEqual(later)
    expect(await gacha.rollStates()).toEqual({ drawn: 1 })
    await gacha.asAdministrator('POST', '/admin/api/distro/gacha', { name: 'Nyan_OS', rarity: '5', image: '' })
    await gacha.startAnother()
    expect(await gacha.copiesOf(ada)).toEqual({ Nyan_OS: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it.each(['request', 'answer'] as const)('§11 ends when the collection is closed first: %s held', async (what) => {
    const held = holdBack(what)
    gacha.wallet.plan.push(held.incident)
    const rolling = gacha.roll(ada)
    await held.reached
    await close(ada)
    if (what === 'request') gacha.wallet.tux.delete(ada)
    held.release()
    expect(await rolling).toEqual(notEnough)
    expect(await gacha.copiesOf(ada)).toEqual({})
    expect(await gacha.rollStates()).toEqual(what === 'answer' ? { forfeited: 1 } : { refused: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('§13 gives another gacha also for a roll from before rolls could be verified', async () => {
    const { db } = gacha.test.database
    const old = newId<RollId>()
    await sql`
      insert into roll (id, uid, gacha_id, state, drawn_at)
      values (${old}, ${ada}, ${newId()}, 'drawn', now())`.execute(db)
    const parts = { clock: systemClock, randomSeed: nextSeed }
    const delivery = await db.transaction().execute((tx) => deliver(tx, old, parts))
    expect(delivery).toEqual({ state: 'delivered', gacha: { name: expect.any(String), image } })
    expect(Object.values(await gacha.copiesOf(ada))).toEqual([1])
  })
})
