import { afterAll, describe, expect, it } from 'vitest'
import {
  call,
  expectInvalid,
  listOf,
  notAuthenticated,
  outcome,
  refusal,
  textOf,
  sortedStatuses,
} from '../support/http.ts'
import { adminToken, buy, type Player, registerPlayer, uniqueGachaName } from '../support/people.ts'

const made: string[] = []
const newName = (stem?: string, length?: number): string => {
  const name = uniqueGachaName(stem, length)
  made.push(name)
  return name
}

const create = async (json: unknown) => call('admin', 'POST', '/distro/gacha', { token: await adminToken(), json })
const change = async (json: unknown) => call('admin', 'PUT', '/distro/gacha', { token: await adminToken(), json })
const show = async (name: string) => call('admin', 'GET', `/distro/gacha/${name}`, { token: await adminToken() })
const remove = async (name: string) =>
  call('admin', 'DELETE', `/distro/gacha/remove/${encodeURIComponent(name)}`, { token: await adminToken() })

const nameNotValid = refusal(400, 'Gacha name not valid')
const rarityNotValid = refusal(400, 'Rarity not valid')
const notPresent = refusal(400, 'Gacha Not present')

afterAll(async () => {
  for (const name of made) await remove(name)
})

describe('a new gacha', () => {
  it('§5 is answered with its id and seen by everybody, after the older ones', async () => {
    const gacha = { name: newName(), rarity: '3', image: 'not a picture, and that is fine' }
    const answer = await create(gacha)
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { id: expect.any(String), ...gacha } })
    expect(textOf(answer, 'id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(outcome(await show(gacha.name))).toStrictEqual(outcome(answer))

    const { token } = await registerPlayer()
    const seen = await call('public', 'GET', `/distro/user/gacha/${gacha.name}`, { token })
    expect(outcome(seen)).toStrictEqual(outcome(answer))
    const all = listOf((await call('public', 'GET', '/distro/user/gacha/all', { token })).body)
    expect(all.findIndex(({ name }) => name === gacha.name)).toBeGreaterThanOrEqual(21)
  })

  it.each([
    ['of one letter', 1],
    ['of 30 letters', 30],
  ])('§5 may have a name %s', async (_, length) => {
    const name = newName('', length)
    const answer = await create({ name, rarity: '5', image: '' })
    expect(outcome(answer)).toStrictEqual({
      status: 200,
      body: { id: expect.any(String), name, rarity: '5', image: '' },
    })
  })

  it('§5 may have ! ? and _ in its name, raw or encoded in paths', async () => {
    const name = newName('What?!_')
    expect((await create({ name, rarity: '1', image: '' })).status).toBe(200)
    expect((await show(encodeURIComponent(name))).body).toMatchObject({ name })
    expect(outcome(await remove(name))).toStrictEqual({ status: 200, body: { name } })
  })

  it.each([
    ['empty', ''],
    ['of 31 letters', 'a'.repeat(31)],
    ['with a digit', 'Windows_XI1'],
    ['with a space', 'Pop OS'],
    ['with a dash', 'Pop-OS'],
    ['with a slash', 'Pop/OS'],
    ['with a full stop', 'Pop.OS'],
    ['with a newline at its end', 'PopOS\n'],
    ['with a letter beyond ASCII', 'Mandrivä'],
  ])('§5 refuses a name %s', async (_, name) => {
    expect(outcome(await create({ name, rarity: '1', image: '' }))).toStrictEqual(nameNotValid)
  })

  it.each(['', '0', '6', '-1', '1.0', '01', ' 1', '1 ', '1\n', 'one', '٣', '10'])(
    '§5 refuses the rarity "%s"',
    async (rarity) => {
      const name = uniqueGachaName()
      expect(outcome(await create({ name, rarity, image: '' }))).toStrictEqual(rarityNotValid)
      expect((await show(name)).text.trim()).toBe('null')
    },
  )

  it('§5 refuses a name that is there', async () => {
    const name = newName()
    expect((await create({ name, rarity: '1', image: 'first' })).status).toBe(200)
    const alreadyPresent = refusal(400, 'Gacha already present')
    expect(outcome(await create({ name, rarity: '2', image: 'second' }))).toStrictEqual(alreadyPresent)
    expect((await show(name)).body).toMatchObject({ rarity: '1', image: 'first' })
  })

  it('§5 checks the name, then the rarity, then whether it is there', async () => {
    expect(outcome(await create({ name: '1', rarity: '9', image: '' }))).toStrictEqual(nameNotValid)
    expect(outcome(await create({ name: 'Ubuntu', rarity: '9', image: '' }))).toStrictEqual(rarityNotValid)
  })

  it('§5 takes names to the letter', async () => {
    const name = newName()
    const upper = name.toUpperCase()
    made.push(upper)
    expect((await create({ name, rarity: '1', image: '' })).status).toBe(200)
    expect((await create({ name: upper, rarity: '1', image: '' })).status).toBe(200)
  })

  it('§5 is created once however many ask for it at once', async () => {
    const name = newName()
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ name, rarity: '1', image: '' })))
    expect(sortedStatuses(answers)).toStrictEqual([200, 400, 400, 400, 400, 400])
  })
})

describe.each(['POST', 'PUT'])('%s of a gacha', (method) => {
  const send = async (json: unknown, token?: string) =>
    call('admin', method, '/distro/gacha', { token: token ?? (await adminToken()), json })

  it('§2 refuses missing fields and values that are no strings with 422', async () => {
    expectInvalid(await send({}), 'body.name', 'body.rarity', 'body.image')
    expectInvalid(await send({ name: 'Ubuntu', rarity: 5, image: '' }), 'body.rarity')
    expectInvalid(await send({ name: 5, rarity: true, image: null }), 'body.name', 'body.rarity', 'body.image')
    expectInvalid(await send({ name: 'Ubuntu', rarity: '1' }), 'body.image')
  })

  it('§2 validates before it looks at the role, and asks for a token before both', async () => {
    const { token } = await registerPlayer()
    expectInvalid(await send({}, token), 'body.name', 'body.rarity', 'body.image')
    expect(outcome(await call('admin', method, '/distro/gacha', { json: {} }))).toStrictEqual(notAuthenticated)
    const bad = await send({ name: '1', rarity: '9', image: '' }, token)
    expect(outcome(bad)).toStrictEqual(refusal(400, 'Invalid Admin'))
  })
})

describe('a change of a gacha', () => {
  it('§5 answers name, rarity and image, and keeps the id', async () => {
    const name = newName()
    const id = textOf(await create({ name, rarity: '1', image: 'old' }), 'id')
    const gacha = { name, rarity: '4', image: 'new' }
    expect(outcome(await change(gacha))).toStrictEqual({ status: 200, body: gacha })
    expect(outcome(await show(name))).toStrictEqual({ status: 200, body: { id, ...gacha } })
  })

  it('§5 checks the rarity, then whether it is there, and not the form of the name', async () => {
    expect(outcome(await change({ name: 'No such 1', rarity: '9', image: '' }))).toStrictEqual(rarityNotValid)
    expect(outcome(await change({ name: 'No such 1', rarity: '1', image: '' }))).toStrictEqual(notPresent)
    expect(outcome(await change({ name: '', rarity: '1', image: '' }))).toStrictEqual(notPresent)
    expect(outcome(await change({ name: 'ubuntu', rarity: '1', image: '' }))).toStrictEqual(notPresent)
  })

  it('§5 takes the same values again', async () => {
    const gacha = { name: newName(), rarity: '1', image: 'same' }
    await create(gacha)
    expect(outcome(await change(gacha))).toStrictEqual({ status: 200, body: gacha })
  })
})

describe('a removal of a gacha', () => {
  it('§5 answers the name alone, and 400 the second time', async () => {
    const name = newName()
    await create({ name, rarity: '1', image: '' })
    expect(outcome(await remove(name))).toStrictEqual({ status: 200, body: { name } })
    expect(outcome(await remove(name))).toStrictEqual(notPresent)
    expect((await show(name)).text.trim()).toBe('null')
  })

  it('§5 lets the same name come back as another gacha', async () => {
    const name = newName()
    const first = textOf(await create({ name, rarity: '1', image: '' }), 'id')
    await remove(name)
    expect(textOf(await create({ name, rarity: '2', image: '' }), 'id')).not.toBe(first)
  })

  it('§13 takes all copies from every player', async () => {
    const name = newName()
    // One of three of rarity 3: one roll in fifteen brings it, so in 240 rolls it comes.
    await create({ name, rarity: '3', image: '' })
    const players = await Promise.all([registerPlayer(), registerPlayer()])
    const collectionOf = async ({ uid, token }: Player) =>
      listOf((await call('public', 'GET', `/distro/${uid}/gacha/collection`, { token })).body)
    const owned = await Promise.all(
      players.map(async (player) => {
        const { uid, token } = player
        await buy(player, 1200)
        const roll = () => call('public', 'POST', `/distro/${uid}/gacha/roll`, { token })
        // Not all at once: who is given too much to do at a time says so.
        for (let round = 0; round < 12; round += 1) await Promise.all(Array.from({ length: 10 }, roll))
        return collectionOf(player)
      }),
    )
    expect(owned.flat().map(({ name }) => name)).toContain(name)

    expect((await remove(name)).status).toBe(200)
    for (const player of players) {
      const { uid, token } = player
      expect((await collectionOf(player)).map(({ name }) => name)).not.toContain(name)
      const one = await call('public', 'GET', `/distro/${uid}/gacha/collection/${name}`, { token })
      expect(outcome(one)).toStrictEqual(refusal(404, 'Gacha not present in the user collection'))
    }
  })
})
