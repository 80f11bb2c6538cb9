import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { call, expectInvalid, listOf, notAuthenticated, notFound, outcome, refusal, textOf } from '../support/http.ts'
import { adminToken, type Player, registerPlayer, uniqueGachaName } from '../support/people.ts'

let ada: Player

beforeEach(async () => {
  ada = await registerPlayer()
})

const send = async (method: string, path: string, json: unknown) =>
  call('admin', method, path, { token: await adminToken(), json })
const add = (uid: unknown, gacha_name: unknown) => send('POST', '/distro/add/user/gacha', { uid, gacha_name })
const take = (uid: unknown, gacha_name: unknown) => send('DELETE', '/distro/remove/user/gacha', { uid, gacha_name })
const own = async () => call('public', 'GET', `/distro/${ada.uid}/gacha/collection`, { token: ada.token })

describe("an administrator who manages a player's gachas", () => {
  it('§14 adds copies and takes them again, to the last', async () => {
    const image = textOf(await call('public', 'GET', '/distro/user/gacha/Ubuntu', { token: ada.token }), 'image')
    for (let copies = 1; copies <= 3; copies++) {
      expect(outcome(await add(ada.uid, 'Ubuntu'))).toStrictEqual({ status: 200, body: { name: 'Ubuntu', image } })
      expect(outcome(await own())).toStrictEqual({ status: 200, body: [{ value: copies, name: 'Ubuntu', image }] })
    }
    const one = await call('public', 'GET', `/distro/${ada.uid}/gacha/collection/Ubuntu`, { token: ada.token })
    expect(outcome(one)).toStrictEqual({ status: 200, body: { value: 3, name: 'Ubuntu', image, rarity: '1' } })

    for (let copies = 2; copies >= 0; copies--) {
      expect(outcome(await take(ada.uid, 'Ubuntu'))).toStrictEqual({ status: 200, body: { name: 'Ubuntu' } })
      expect(listOf((await own()).body).map(({ value }) => value)).toStrictEqual(copies === 0 ? [] : [copies])
    }
    expect(outcome(await take(ada.uid, 'Ubuntu'))).toStrictEqual(refusal(400, "User doesn't have this gacha"))
  })

  it('§2 sees a collection as its player does, in the order in which it grew', async () => {
    for (const name of ['Void_Linux', 'Pop!_OS', 'Ubuntu', 'Void_Linux', 'Arch_Linux']) await add(ada.uid, name)
    const seen = await send('GET', `/distro/get/${ada.uid}/collection`, undefined)
    expect(outcome(seen)).toStrictEqual(outcome(await own()))
    expect(listOf(seen.body).map(({ name, value }) => [name, value])).toStrictEqual([
      ['Void_Linux', 2],
      ['Pop!_OS', 1],
      ['Ubuntu', 1],
      ['Arch_Linux', 1],
    ])
  })

  it('§5 shows one gacha of a collection by its raw and its encoded name', async () => {
    await add(ada.uid, 'Pop!_OS')
    for (const segment of ['Pop!_OS', 'Pop%21_OS']) {
      const one = await call('public', 'GET', `/distro/${ada.uid}/gacha/collection/${segment}`, { token: ada.token })
      expect(one.body).toMatchObject({ value: 1, name: 'Pop!_OS', rarity: '2' })
    }
  })

  it('§14 refuses an unknown gacha and an unknown player in its two spellings', async () => {
    expect(outcome(await add(ada.uid, 'Absent'))).toStrictEqual(refusal(400, 'Gacha not Present'))
    expect(outcome(await add(randomUUID(), 'Ubuntu'))).toStrictEqual(refusal(400, 'User not Present'))
    expect(outcome(await take(randomUUID(), 'Ubuntu'))).toStrictEqual(refusal(400, 'User not present'))
    expect(outcome(await take(ada.uid, 'Absent'))).toStrictEqual(refusal(400, 'Gacha not Present'))
    const seen = await send('GET', `/distro/get/${randomUUID()}/collection`, undefined)
    expect(outcome(seen)).toStrictEqual(refusal(400, 'User Not present'))
  })

  it('§2 refuses missing fields with 422 and asks for a token', async () => {
    expectInvalid(await send('POST', '/distro/add/user/gacha', {}), 'body.uid', 'body.gacha_name')
    expectInvalid(await send('DELETE', '/distro/remove/user/gacha', { uid: 5 }), 'body.uid', 'body.gacha_name')
    const json = { uid: ada.uid, gacha_name: 'Ubuntu' }
    const stranger = await call('admin', 'POST', '/distro/add/user/gacha', { json })
    expect(outcome(stranger)).toStrictEqual(notAuthenticated)
  })

  it('§14 loses and gains no copy when many add and take at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => add(ada.uid, 'Ubuntu')))
    expect(listOf((await own()).body).map(({ value }) => value)).toStrictEqual([10])
    const taken = await Promise.all(Array.from({ length: 14 }, () => take(ada.uid, 'Ubuntu')))
    expect(taken.filter(({ status }) => status === 200)).toHaveLength(10)
    expect(outcome(await own())).toStrictEqual({ status: 200, body: [] })
  })

  it('§13 removes a gacha with all its copies from every player', async () => {
    const gacha_name = uniqueGachaName()
    const bob = await registerPlayer()
    await send('POST', '/distro/gacha', { name: gacha_name, rarity: '1', image: '' })
    for (const { uid } of [ada, ada, ada, bob]) expect((await add(uid, gacha_name)).status).toBe(200)
    expect((await send('DELETE', `/distro/gacha/remove/${gacha_name}`, undefined)).status).toBe(200)
    expect(outcome(await own())).toStrictEqual({ status: 200, body: [] })
    const ofBob = await send('GET', `/distro/get/${bob.uid}/collection`, undefined)
    expect(outcome(ofBob)).toStrictEqual({ status: 200, body: [] })
  })

  it('§11 finds no collection of a deleted player', async () => {
    await add(ada.uid, 'Ubuntu')
    await call('public', 'DELETE', `/auth/accounts/${ada.uid}`, { token: ada.token })
    const seen = await send('GET', `/distro/get/${ada.uid}/collection`, undefined)
    expect(outcome(seen)).toStrictEqual(refusal(400, 'User Not present'))
    expect(outcome(await add(ada.uid, 'Ubuntu'))).toStrictEqual(refusal(400, 'User not Present'))
    expect(outcome(await take(ada.uid, 'Ubuntu'))).toStrictEqual(refusal(400, 'User not present'))
  })

  it('§14 refuses a player on the admin door with 400 and is not on the public door', async () => {
    const { uid, token } = ada
    const json = { uid, gacha_name: 'Ubuntu' }
    for (const [method, path] of [
      ['GET', `/distro/get/${uid}/collection`],
      ['POST', '/distro/add/user/gacha'],
      ['DELETE', '/distro/remove/user/gacha'],
    ] as const) {
      const refused = await call('admin', method, path, { token, json })
      expect(outcome(refused), path).toStrictEqual(refusal(400, 'Invalid Admin'))
      expect((await call('public', method, path, { token: await adminToken(), json })).status, path).toBe(404)
    }
  })

  it.each([
    ['POST', '/distro/users'],
    ['DELETE', '/distro/users/some-uid'],
    ['POST', '/tux-management/balances'],
    ['POST', '/tux-management/roll'],
    ['POST', '/tux-management/auctions/some-id/freeze'],
    ['POST', '/tux-management/auctions/some-id/settle-auction'],
    ['DELETE', '/tux-management/auctions/some-id'],
    ['GET', '/tux-management/auctions/some-id/highest-bidder'],
  ])('§14 has no other internal endpoint: %s %s', async (method, path) => {
    expect(outcome(await send(method, path, method === 'POST' ? {} : undefined))).toStrictEqual(notFound)
  })
})
