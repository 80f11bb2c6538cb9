import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { verifyCopies } from '../src/audit/index.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
let ada: AccountId
let bob: AccountId
beforeAll(async () => {
  gacha = await startGacha()
})
beforeEach(async () => {
  ada = await gacha.newPlayer(0)
  bob = await gacha.newPlayer(0)
  await give(ada, 'Ubuntu')
})
afterEach(async () => expect(await verifyCopies(gacha.test.database.db)).toEqual([]))
afterAll(() => gacha.stop())

const give = (uid: string, name: string) =>
  gacha.asAdministrator('POST', '/admin/api/distro/add/user/gacha', { uid, gacha_name: name })
const close = (uid: string) => gacha.asIdentity('DELETE', `/internal/gacha/players/${uid}`)
const remove = (name: string) => gacha.asAdministrator('DELETE', `/admin/api/distro/gacha/remove/${name}`)
const add = (name: string) =>
  gacha.asAdministrator('POST', '/admin/api/distro/gacha', { name, rarity: '1', image: 'a picture' })
const take = (auctionId: string, uid: string, name: string) =>
  gacha.asAuction('PUT', `/internal/gacha/escrows/${auctionId}`, { uid, gacha_name: name })
const lookUp = (...ids: string[]) => gacha.asAuction('POST', '/internal/gacha/escrow-lookups', { auction_ids: ids })
const settle = (...settlements: (readonly [auctionId: string, to: string | null])[]) =>
  gacha.asAuction('POST', '/internal/gacha/escrow-settlements', {
    settlements: settlements.map(([auction_id, to]) => ({ auction_id, to })),
  })

const taken = { status: 200, body: { outcome: 'taken' } }
const states = (...states: string[]) => ({ status: 200, body: { states } })
const outcomes = (...outcomes: string[]) => ({ status: 200, body: { outcomes } })
const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ status, code }) })
const conflict = refused(409, 'escrow-conflict')

describe('taking a copy for an auction', () => {
  it('§9 takes one copy out of the collection and keeps it', async () => {
    await give(ada, 'Ubuntu')
    const auction = newId()
    expect(await take(auction, ada, 'Ubuntu')).toEqual(taken)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(await lookUp(auction)).toEqual(states('kept'))
  })

  it('§5 takes the gacha out of the collection with the last copy', async () => {
    expect(await take(newId(), ada, 'Ubuntu')).toEqual(taken)
    expect(await gacha.copiesOf(ada)).toEqual({})
  })

  it('takes one copy, however often it is asked, whatever the letters of the id', async () => {
    await give(ada, 'Ubuntu')
    const auction = newId()
    expect(await take(auction, ada, 'Ubuntu')).toEqual(taken)
    expect(await take(auction.toUpperCase(), ada, 'Ubuntu')).toEqual(taken)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
  })

  it.each(['given', 'discarded', 'closed', 'removed'] as const)(
    'has the first answer again when the copy was %s meanwhile',
    async (end) => {
      await add('Nyan_OS')
      await give(ada, 'Nyan_OS')
      const auction = newId()
      await take(auction, ada, 'Nyan_OS')
      if (end === 'given') await settle([auction, bob])
      if (end === 'discarded') await settle([auction, null])
      if (end === 'closed') await close(ada)
      await remove('Nyan_OS')
      expect(await take(auction, ada, 'Nyan_OS')).toEqual(taken)
    },
  )

  it('refuses another copy for the same auction', async () => {
    const auction = newId()
    await take(auction, ada, 'Ubuntu')
    await give(ada, 'Debian')
    await give(bob, 'Ubuntu')
    expect(await take(auction, ada, 'Debian')).toEqual(conflict)
    expect(await take(auction, bob, 'Ubuntu')).toEqual(conflict)
    expect(await take(auction, bob, 'Windows95')).toEqual(conflict)
    expect([await gacha.copiesOf(ada), await gacha.copiesOf(bob)]).toEqual([{ Debian: 1 }, { Ubuntu: 1 }])
  })

  it('refuses what comes after its settlement, and takes nothing', async () => {
    const auction = newId()
    expect(await settle([auction, bob])).toEqual(outcomes('discarded'))
    expect(await take(auction, ada, 'Ubuntu')).toEqual(conflict)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(await lookUp(auction)).toEqual(states('ended'))
  })

  it('§8 refuses what is not there, and keeps nothing', async () => {
    const auction = newId()
    await close(bob)
    expect(await take(auction, ada, 'Windows')).toEqual(refused(404, 'unknown-gacha'))
    expect(await take(auction, ada, 'Windows95')).toEqual(refused(404, 'unknown-gacha'))
    expect(await take(auction, ada, 'Debian')).toEqual(refused(404, 'not-collected'))
    expect(await take(auction, bob, 'Debian')).toEqual(refused(404, 'no-collection'))
    expect(await take(auction, newId(), 'Debian')).toEqual(refused(404, 'no-collection'))
    expect(await take(auction, 'nobody', 'Debian')).toEqual(refused(404, 'no-collection'))
    expect(await lookUp(auction)).toEqual(states('gone'))
    expect(await take(auction, ada, 'Ubuntu')).toEqual(taken)
  })

  it('is for auction alone', async () => {
    const path = `/internal/gacha/escrows/${newId()}`
    expect((await gacha.asIdentity('PUT', path)).status).toBe(422)
    expect((await gacha.asPlayer(ada, 'PUT', path)).status).toBe(401)
    expect((await gacha.asAdministrator('PUT', path, { uid: ada, gacha_name: 'Ubuntu' })).status).toBe(401)
  })
})

describe('settling', () => {
  it('§9 gives the copy to whom it is told', async () => {
    const auction = newId()
    await take(auction, ada, 'Ubuntu')
    expect(await settle([auction, bob])).toEqual(outcomes('given'))
    expect([await gacha.copiesOf(ada), await gacha.copiesOf(bob)]).toEqual([{}, { Ubuntu: 1 }])
    expect(await lookUp(auction)).toEqual(states('ended'))
  })

  it('says again how an escrow ended, whatever it is told now', async () => {
    await give(ada, 'Ubuntu')
    const [given, discarded] = [newId(), newId()]
    await take(given, ada, 'Ubuntu')
    await take(discarded, ada, 'Ubuntu')
    await settle([given, bob], [discarded, null])
    expect(await settle([given, ada], [discarded, ada])).toEqual(outcomes('given', 'discarded'))
    expect(await settle([given, null])).toEqual(outcomes('given'))
    expect([await gacha.copiesOf(ada), await gacha.copiesOf(bob)]).toEqual([{}, { Ubuntu: 1 }])
  })

  it('§11 discards what would go to a closed collection, to nobody, or to somebody unknown', async () => {
    for (let copy = 0; copy < 3; copy++) await give(ada, 'Ubuntu')
    const auctions = [newId(), newId(), newId(), newId()] as const
    for (const auction of auctions) await take(auction, ada, 'Ubuntu')
    await close(bob)
    const [first, second, third, fourth] = auctions
    const all = outcomes('discarded', 'discarded', 'discarded', 'discarded')
    expect(await settle([first, bob], [second, null], [third, newId()], [fourth, 'nobody'])).toEqual(all)
    expect(await gacha.copiesOf(bob)).toEqual({})
  })

  it('§13 discards a copy whose gacha was removed, also when it was added again', async () => {
    await add('Nyan_OS')
    await give(ada, 'Nyan_OS')
    const auction = newId()
    await take(auction, ada, 'Nyan_OS')
    await remove('Nyan_OS')
    await add('Nyan_OS')
    expect(await lookUp(auction)).toEqual(states('gone'))
    expect(await settle([auction, bob])).toEqual(outcomes('discarded'))
    expect(await gacha.copiesOf(bob)).toEqual({})
    await remove('Nyan_OS')
  })

  it('gives several copies of one gacha to one player at once, and answers in the order asked', async () => {
    const auctions = Array.from({ length: 5 }, () => newId())
    for (let copy = 0; copy < 4; copy++) await give(ada, 'Ubuntu')
    for (const auction of auctions) await take(auction, ada, 'Ubuntu')
    await give(bob, 'Ubuntu')
    const unknown = newId()
    const settlements = auctions.map((auction, index) => [auction, index === 2 ? null : bob] as const)
    const answer = await settle([unknown, bob], ...settlements.toReversed())
    expect(answer).toEqual(outcomes('discarded', 'given', 'given', 'discarded', 'given', 'given'))
    expect(await gacha.copiesOf(bob)).toEqual({ Ubuntu: 5 })
  })

  it('settles one that is named several times as it is told first', async () => {
    const auction = newId()
    await take(auction, ada, 'Ubuntu')
    expect(await settle([auction, bob], [auction, null], [auction, ada])).toEqual(outcomes('given', 'given', 'given'))
    expect([await gacha.copiesOf(ada), await gacha.copiesOf(bob)]).toEqual([{}, { Ubuntu: 1 }])
  })

  it('looks up in the order asked', async () => {
    const [kept, ended] = [newId(), newId()]
    await give(ada, 'Ubuntu')
    await take(kept, ada, 'Ubuntu')
    await take(ended, ada, 'Ubuntu')
    await settle([ended, null])
    expect(await lookUp(newId(), kept, ended, kept)).toEqual(states('gone', 'kept', 'ended', 'kept'))
  })

  it('takes up to 500 at once', async () => {
    const ids = Array.from({ length: 501 }, () => newId())
    expect((await lookUp(...ids)).status).toBe(422)
    expect((await settle(...ids.map((id) => [id, null] as const))).status).toBe(422)
    const answer = await settle(...ids.slice(1).map((id) => [id, null] as const))
    expect(answer).toEqual(outcomes(...Array.from({ length: 500 }, () => 'discarded')))
  })

  it.each(['nobody', '', '%00'])('refuses an auction that is no UUID: %j', async (id) => {
    expect((await settle([id, null])).status).toBe(422)
    expect((await lookUp(id)).status).toBe(422)
  })
})
