import { describe, expect, it } from 'vitest'
import { call, listOf, objectOf, outcome, refusal, textOf } from '../support/http.ts'
import { stockNames } from '../support/market.ts'
import { adminToken, buy, type Player, registerPlayer } from '../support/people.ts'

const noTux = refusal(400, "Error, you don't have enough tux to complete the roll")

const roll = ({ uid, token }: Player) => call('public', 'POST', `/distro/${uid}/gacha/roll`, { token })
const collection = async ({ uid, token }: Player) =>
  listOf((await call('public', 'GET', `/distro/${uid}/gacha/collection`, { token })).body)
const rolls = async ({ uid, token }: Player) =>
  listOf(objectOf((await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })).body)['roll'])
const tux = async ({ uid, token }: Player) =>
  objectOf((await call('public', 'GET', `/tux-management/balances/${uid}`, { token })).body)['tux_balance']

/** What of it stays, whatever other tests remove. */
async function lastingCollection(player: Player) {
  const names = await stockNames(player.token)
  return (await collection(player)).filter(({ name }) => names.includes(String(name)))
}

describe('a roll', () => {
  it('§5 answers a name and an image of the catalogue and adds one copy for 10 TUX', async () => {
    const ada = await registerPlayer()
    await buy(ada, 20)
    const answer = await roll(ada)
    expect(outcome(answer)).toStrictEqual({
      status: 200,
      body: { name: expect.any(String), image: expect.any(String) },
    })
    const gacha = objectOf(answer.body)
    const lasts = (await stockNames(ada.token)).includes(textOf(answer, 'name'))
    expect(await lastingCollection(ada)).toStrictEqual(lasts ? [{ value: 1, ...gacha }] : [])
    expect(await tux(ada)).toBe(10)
  })

  it('§7 is listed in the history', async () => {
    const ada = await registerPlayer()
    await buy(ada, 10)
    await roll(ada)
    expect(await rolls(ada)).toStrictEqual([
      {
        transaction_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        user_id: ada.uid,
        amount_tux: 10,
        timestamp: expect.any(Number),
        filled: true,
      },
    ])
  })

  it('§5 without funds is 400, gives nothing, and is listed as refused', async () => {
    const ada = await registerPlayer()
    expect(outcome(await roll(ada))).toStrictEqual(noTux)
    await buy(ada, 9.999999)
    expect(outcome(await roll(ada))).toStrictEqual(noTux)
    await buy(ada, 0.000001)
    const won = await roll(ada)
    expect(won.status).toBe(200)
    expect(outcome(await roll(ada))).toStrictEqual(noTux)
    expect((await rolls(ada)).map(({ filled, amount_tux }) => [filled, amount_tux])).toStrictEqual([
      [false, 10],
      [false, 10],
      [true, 10],
      [false, 10],
    ])
    const lasts = (await stockNames(ada.token)).includes(textOf(won, 'name'))
    expect((await lastingCollection(ada)).map(({ value }) => value)).toStrictEqual(lasts ? [1] : [])
    expect(await tux(ada)).toBe(0)
  })

  it('§5 counts copies and keeps the order in which they came', async () => {
    const ada = await registerPlayer()
    await buy(ada, 600)
    const names = await stockNames(ada.token)
    const copies = new Map<string, number>()
    for (let count = 0; count < 60; count++) {
      const name = textOf(await roll(ada), 'name')
      // Other tests make and remove gachas meanwhile: only what stays is counted.
      if (names.includes(name)) copies.set(name, (copies.get(name) ?? 0) + 1)
    }
    const kept = await lastingCollection(ada)
    expect(kept.map(({ name, value }) => [name, value])).toStrictEqual([...copies])
    expect([...copies.values()].some((value) => value > 1)).toBe(true)
    expect(await tux(ada)).toBe(0)

    const [name = '', value] = [...copies][0] ?? []
    const path = `/distro/${ada.uid}/gacha/collection/${encodeURIComponent(name)}`
    const one = await call('public', 'GET', path, { token: ada.token })
    expect(outcome(one)).toStrictEqual({
      status: 200,
      body: { value, name, image: expect.any(String), rarity: expect.stringMatching(/^[1-5]$/) },
    })
  })

  it('§6 gives more than one rarity, the common ones most often', async () => {
    const catalogue = listOf((await call('admin', 'GET', '/distro/gacha/all', { token: await adminToken() })).body)
    const rarityOf = new Map(catalogue.map(({ name, rarity }) => [name, rarity]))
    const players = await Promise.all([registerPlayer(), registerPlayer()])
    const drawn = await Promise.all(
      players.map(async (player) => {
        await buy(player, 1200)
        const names: string[] = []
        // Not all at once: who is given too much to do at a time says so.
        for (let round = 0; round < 12; round += 1)
          names.push(...(await Promise.all(Array.from({ length: 10 }, async () => textOf(await roll(player), 'name')))))
        return names
      }),
    )
    const rarities = drawn.flat().map((name) => rarityOf.get(name))
    const count = (rarity: string) => rarities.filter((each) => each === rarity).length
    // In 240 rolls, 80 of rarity 1 and 16 of rarity 5 are expected: both bounds fail once in millions of runs.
    expect(count('1')).toBeGreaterThan(40)
    expect(count('5')).toBeGreaterThan(0)
    expect(count('1')).toBeGreaterThan(count('5'))
  })

  it('§5 many at once never cost more than there is, and each one paid is delivered', async () => {
    const ada = await registerPlayer()
    await buy(ada, 75)
    const answers = await Promise.all(Array.from({ length: 12 }, () => roll(ada)))
    const won = answers.filter(({ status }) => status === 200)
    const lost = answers.filter(({ status }) => status !== 200)
    expect(won).toHaveLength(7)
    for (const answer of lost) expect(outcome(answer)).toStrictEqual(noTux)
    expect(await tux(ada)).toBe(5)
    const history = await rolls(ada)
    expect(history.filter(({ filled }) => filled === true)).toHaveLength(7)
    expect(history.filter(({ filled }) => filled === false)).toHaveLength(5)
    const names = await stockNames(ada.token)
    const stockWon = won.filter((answer) => names.includes(textOf(answer, 'name'))).length
    const kept = await lastingCollection(ada)
    expect(kept.reduce((sum, { value }) => sum + Number(value), 0)).toBe(stockWon)
  })

  it('§2 takes no body, and ignores one', async () => {
    const ada = await registerPlayer()
    await buy(ada, 40)
    const path = `/distro/${ada.uid}/gacha/roll`
    for (const options of [
      { headers: { 'content-length': 0 } },
      { json: {} },
      { json: { user_id: 'other', amount: 1000 } },
      { headers: { 'content-length': 0, 'content-type': 'application/json' } },
    ]) {
      expect((await call('public', 'POST', path, { token: ada.token, ...options })).status).toBe(200)
    }
    expect(await tux(ada)).toBe(0)
  })

  it('§5 is a POST', async () => {
    const ada = await registerPlayer()
    const answer = await call('public', 'GET', `/distro/${ada.uid}/gacha/roll`, { token: ada.token })
    expect(outcome(answer)).toStrictEqual(refusal(405, 'Method Not Allowed'))
  })
})
