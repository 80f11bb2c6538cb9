import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedOf } from './seeds.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
/** What the next seeds that are made draw; Ubuntu when there is nothing left. */
const wins: string[] = []

beforeAll(async () => {
  gacha = await startGacha({ randomSeed: () => seedOf(wins.shift() ?? 'Ubuntu') })
})
afterAll(() => gacha.stop())

const path = (uid: string) => `/api/distro/${uid}/gacha/collection`
const read = (uid: string) => gacha.asPlayer(uid, 'GET', path(uid))
const open = (uid: string) => gacha.asIdentity('PUT', `/internal/gacha/players/${uid}`)
const close = (uid: string) => gacha.asIdentity('DELETE', `/internal/gacha/players/${uid}`)
const image = expect.any(String)
const notPresent = { status: 400, body: { detail: 'User Not present' } }
const [ubuntu, debian, templeOs] = ['Ubuntu', 'Debian', 'TempleOS']

/** A player who rolled these, in this order. */
async function playerWith(...rolls: readonly string[]): Promise<AccountId> {
  const uid = await gacha.newPlayer(10 * rolls.length)
  // The first is made for the first roll, and each roll makes the one after it.
  wins.push(...rolls)
  for (const _ of rolls) await gacha.roll(uid)
  return uid
}

describe('a collection, to its player', () => {
  it('§5 is empty at first', async () => {
    const uid = await gacha.newPlayer(0)
    expect(await read(uid)).toEqual({ status: 200, body: [] })
  })

  it('§5 lists each gacha once with its copies, in the order of the first copies', async () => {
    const uid = await playerWith(templeOs, ubuntu, templeOs, debian)
    expect(await read(uid)).toEqual({
      status: 200,
      body: [
        { value: 2, name: 'TempleOS', image },
        { value: 1, name: 'Ubuntu', image },
        { value: 1, name: 'Debian', image },
      ],
    })
  })

  it('§5 shows one gacha with its rarity', async () => {
    const uid = await playerWith(templeOs, templeOs, ubuntu)
    expect(await gacha.asPlayer(uid, 'GET', `${path(uid)}/TempleOS`)).toEqual({
      status: 200,
      body: { value: 2, name: 'TempleOS', image, rarity: '5' },
    })
  })

  it.each(['Debian', 'Windows', 'ubuntu', 'Win95', '%27', 'Ubuntu%20', 'Ub%00untu'])(
    '§5 does not hold %s',
    async (name) => {
      const uid = await playerWith(ubuntu)
      expect(await gacha.asPlayer(uid, 'GET', `${path(uid)}/${name}`)).toEqual({
        status: 404,
        body: { detail: 'Gacha not present in the user collection' },
      })
    },
  )

  it('§5 does not hold a name of ten thousand letters', async () => {
    const uid = await playerWith()
    expect((await gacha.asPlayer(uid, 'GET', `${path(uid)}/${'x'.repeat(10_000)}`)).status).toBe(404)
  })

  it.each(['', '/Ubuntu', '/Windows95'])('§5 is not there for a player nobody opened one for: %s', async (name) => {
    const uid = newId()
    expect(await gacha.asPlayer(uid, 'GET', path(uid) + name)).toEqual(notPresent)
  })

  it('§2 is for nobody else', async () => {
    const invalid = { status: 400, body: { detail: 'Invalid User' } }
    const uid = await playerWith(ubuntu)
    expect(await gacha.asPlayer(newId(), 'GET', path(uid))).toEqual(invalid)
    expect(await gacha.asPlayer(newId(), 'GET', `${path(uid)}/Ubuntu`)).toEqual(invalid)
    expect(await gacha.asPlayer(newId(), 'POST', `/api/distro/${uid}/gacha/roll`)).toEqual(invalid)
    expect(await gacha.asAdministrator('GET', path(uid))).toEqual(invalid)
    expect(await gacha.asPlayer(uid, 'GET', path('anybody'))).toEqual(invalid)
  })

  it('§13 loses all copies of a gacha that is removed', async () => {
    const uid = await playerWith(ubuntu)
    const nyan = { name: 'Nyan_OS', rarity: '1', image: '' }
    await gacha.asAdministrator('POST', '/admin/api/distro/gacha', nyan)
    const copy = { uid, gacha_name: 'Nyan_OS' }
    for (let given = 0; given < 2; given++) {
      await gacha.asAdministrator('POST', '/admin/api/distro/add/user/gacha', copy)
    }
    expect(await gacha.copiesOf(uid)).toEqual({ Ubuntu: 1, Nyan_OS: 2 })
    const remove = await gacha.asAdministrator('DELETE', '/admin/api/distro/gacha/remove/Nyan_OS')
    expect(remove.status).toBe(200)
    expect(await read(uid)).toEqual({ status: 200, body: [{ value: 1, name: 'Ubuntu', image }] })
  })
})

describe('a collection, to identity', () => {
  it('§10 opens once: again changes nothing', async () => {
    const uid = await playerWith(ubuntu)
    expect(await open(uid)).toEqual({ status: 200, body: { state: 'open' } })
    expect(await gacha.copiesOf(uid)).toEqual({ Ubuntu: 1 })
  })

  it('§11 closes with all that is in it, and again', async () => {
    const uid = await playerWith(ubuntu, templeOs)
    expect(await close(uid)).toEqual({ status: 200, body: { state: 'closed' } })
    expect(await close(uid)).toEqual({ status: 200, body: { state: 'closed' } })
    expect(await read(uid)).toEqual(notPresent)
    expect(await gacha.copiesOf(uid)).toEqual({})
  })

  it('§10 stays closed when the open comes late', async () => {
    const uid = newId()
    expect((await close(uid)).body).toEqual({ state: 'closed' })
    expect(await open(uid)).toEqual({ status: 200, body: { state: 'closed' } })
    expect(await read(uid)).toEqual(notPresent)
  })

  it('§10 ends closed, whatever the order in which many opens and closes arrive', async () => {
    const uid = newId()
    await Promise.all(Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? open(uid) : close(uid))))
    expect((await open(uid)).body).toEqual({ state: 'closed' })
  })

  it.each(['nobody', 'A0000000-0000-4000-8000-000000000000', '%00', 'x'.repeat(300)])(
    'refuses what is no UUID in lower case: %s',
    async (uid) => {
      for (const ask of [open, close]) {
        const { status, body } = await ask(uid)
        expect(status).toBe(422)
        expect(body).toMatchObject({ title: 'Invalid request', status: 422 })
      }
    },
  )

  it('is opened and closed by nobody else', async () => {
    const uid = newId()
    expect((await gacha.asPlayer(uid, 'PUT', `/internal/gacha/players/${uid}`)).status).toBe(401)
    expect((await gacha.asAdministrator('DELETE', `/internal/gacha/players/${uid}`)).status).toBe(401)
  })
})
