import { newId, systemClock } from '@sallyport/kernel'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seedCatalogue, stock } from '../src/catalogue/stock.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
const start = async (): Promise<void> => {
  gacha = await startGacha()
}
const stop = () => gacha.stop()

const nyan = { name: 'Nyan_OS', rarity: '5', image: 'a cat' }
const distro = '/admin/api/distro/gacha'
const anyUuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
const names = async (): Promise<string[]> =>
  (await gacha.test.database.db.selectFrom('gacha').select('name').orderBy('sequence').execute()).map(
    ({ name }) => name,
  )
const forget = () => gacha.test.database.db.deleteFrom('gacha').execute()

describe('the stock catalogue', () => {
  beforeEach(start)
  afterEach(stop)

  it('§6 fills a fresh store with 21 entries, in order, with their rarities', async () => {
    const { body } = await gacha.asAdministrator('GET', `${distro}/all`)
    expect(body).toEqual(
      stock.map(({ name, rarity }) => ({ id: anyUuid, name, rarity: String(rarity), image: expect.any(String) })),
    )
    expect(stock).toHaveLength(21)
    const shares = [1, 2, 3, 4, 5].map((rarity) => stock.filter((entry) => entry.rarity === rarity).length)
    expect(shares).toEqual([6, 5, 2, 6, 2])
  })

  it('§5 has a picture of its own for each, a small PNG', async () => {
    const rows = await gacha.test.database.db.selectFrom('gacha').select('image').execute()
    expect(new Set(rows.map(({ image }) => image)).size).toBe(21)
    for (const { image } of rows) {
      const { format, width, height } = await sharp(Buffer.from(image, 'base64')).metadata()
      expect({ format, width, height }).toEqual({ format: 'png', width: 128, height: 128 })
      expect(image.length).toBeLessThan(4096)
    }
  })

  it('§5 is not put there again after edits, nor after everything was removed', async () => {
    await gacha.asAdministrator('PUT', distro, { name: 'Ubuntu', rarity: '5', image: 'mine' })
    await gacha.asAdministrator('DELETE', `${distro}/remove/Debian`)
    await gacha.startAnother()
    expect(await names()).not.toContain('Debian')
    expect((await gacha.asAdministrator('GET', `${distro}/Ubuntu`)).body).toMatchObject({ rarity: '5', image: 'mine' })
    await forget()
    await gacha.startAnother()
    expect(await names()).toEqual([])
  })

  it('§5 is put there once by instances that start together', async () => {
    const { db } = gacha.test.database
    await forget()
    await db.deleteFrom('seeding').execute()
    const seeded = await Promise.all(Array.from({ length: 4 }, () => seedCatalogue(db, systemClock)))
    expect(seeded.filter(Boolean)).toHaveLength(1)
    expect(await names()).toEqual(stock.map(({ name }) => name))
  })
})

describe('the catalogue, to players', () => {
  beforeAll(start)
  afterAll(stop)

  const player = newId()

  it('§5 shows names and images, in order', async () => {
    const { status, body } = await gacha.asPlayer(player, 'GET', '/api/distro/user/gacha/all')
    expect(status).toBe(200)
    expect(body).toEqual(stock.map(({ name }) => ({ name, image: expect.any(String) })))
  })

  it.each(['Pop!_OS', 'Pop%21_OS', '%50op!%5fOS'])('§5 shows one, by its name raw or encoded: %s', async (name) => {
    expect(await gacha.asPlayer(player, 'GET', `/api/distro/user/gacha/${name}`)).toEqual({
      status: 200,
      body: { id: anyUuid, name: 'Pop!_OS', rarity: '2', image: expect.any(String) },
    })
  })

  it.each(['Windows', 'ubuntu', 'Ubuntu%20', 'Ubuntu%0A', '%27%3B--', '%F0%9F%98%80', 'Ub%00untu', '%00'])(
    '§5 knows no %s',
    async (name) => {
      const answer = await gacha.asPlayer(player, 'GET', `/api/distro/user/gacha/${name}`)
      expect(answer).toEqual({ status: 400, body: { detail: 'Gacha not present' } })
    },
  )

  it('§5 knows no name of ten thousand letters', async () => {
    const answer = await gacha.asPlayer(player, 'GET', `/api/distro/user/gacha/${'x'.repeat(10_000)}`)
    expect(answer).toEqual({ status: 400, body: { detail: 'Gacha not present' } })
  })

  it('§2 is not for administrators', async () => {
    const invalid = { status: 400, body: { detail: 'Invalid User' } }
    expect(await gacha.asAdministrator('GET', '/api/distro/user/gacha/all')).toEqual(invalid)
    expect(await gacha.asAdministrator('GET', '/api/distro/user/gacha/Ubuntu')).toEqual(invalid)
  })
})

describe('the catalogue, to administrators', () => {
  beforeEach(start)
  afterEach(stop)

  it('§5 adds a gacha at the end', async () => {
    expect(await gacha.asAdministrator('POST', distro, nyan)).toEqual({ status: 200, body: { id: anyUuid, ...nyan } })
    expect((await names()).at(-1)).toBe('Nyan_OS')
    expect((await gacha.asAdministrator('GET', `${distro}/Nyan_OS`)).body).toEqual({ id: anyUuid, ...nyan })
  })

  it('§5 tells names apart by case', async () => {
    const lower = { ...nyan, name: 'ubuntu' }
    expect((await gacha.asAdministrator('POST', distro, lower)).status).toBe(200)
  })

  it('§5 takes any image, up to the limit of a body', async () => {
    for (const image of ['', 'x'.repeat(1_000_000), '"\\ \u{1f600}']) {
      const { body } = await gacha.asAdministrator('PUT', distro, { name: 'Ubuntu', rarity: '1', image })
      expect(body).toEqual({ name: 'Ubuntu', rarity: '1', image })
    }
    const tooLarge = { name: 'Ubuntu', rarity: '1', image: 'x'.repeat(1024 * 1024) }
    expect((await gacha.asAdministrator('PUT', distro, tooLarge)).status).toBe(413)
  })

  it('§5 modifies rarity and image, and keeps id and place', async () => {
    const before = (await gacha.asAdministrator('GET', `${distro}/Debian`)).body
    const changed = { name: 'Debian', rarity: '4', image: 'new' }
    expect(await gacha.asAdministrator('PUT', distro, changed)).toEqual({ status: 200, body: changed })
    const after = (await gacha.asAdministrator('GET', `${distro}/Debian`)).body
    expect(after).toEqual({ ...Object(before), ...changed })
    expect((await names())[1]).toBe('Debian')
  })

  it('§5 removes once', async () => {
    const path = `${distro}/remove/Pop!_OS`
    expect(await gacha.asAdministrator('DELETE', path)).toEqual({ status: 200, body: { name: 'Pop!_OS' } })
    const gone = { status: 400, body: { detail: 'Gacha Not present' } }
    expect(await gacha.asAdministrator('DELETE', path)).toEqual(gone)
    expect(await gacha.asAdministrator('DELETE', `${distro}/remove/${'x'.repeat(5000)}`)).toEqual(gone)
    expect(await gacha.asAdministrator('DELETE', `${distro}/remove/Ub%00untu`)).toEqual(gone)
  })

  it('§5 answers null for one that is absent', async () => {
    for (const name of ['Windows', '%00', 'x'.repeat(10_000)]) {
      expect(await gacha.asAdministrator('GET', `${distro}/${name}`)).toEqual({ status: 200, body: null })
    }
  })

  it('§2 is not for players', async () => {
    const invalid = { status: 400, body: { detail: 'Invalid Admin' } }
    const player = newId()
    expect(await gacha.asPlayer(player, 'GET', `${distro}/all`)).toEqual(invalid)
    expect(await gacha.asPlayer(player, 'GET', `${distro}/Ubuntu`)).toEqual(invalid)
    expect(await gacha.asPlayer(player, 'DELETE', `${distro}/remove/Ubuntu`)).toEqual(invalid)
  })

  it('§5 adds one of several that come at once under one name', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => gacha.asAdministrator('POST', distro, nyan)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await names()).filter((name) => name === 'Nyan_OS')).toHaveLength(1)
  })
})

describe('what the catalogue refuses to administrators', () => {
  beforeAll(start)
  afterAll(stop)

  it.each([
    ['Gacha name not valid', { name: 'Windows95', rarity: '9', image: '' }],
    ['Gacha name not valid', { name: '', rarity: '1', image: '' }],
    ['Rarity not valid', { name: 'Ubuntu', rarity: '6', image: '' }],
    ['Gacha already present', { name: 'Ubuntu', rarity: '1', image: '' }],
  ])('§5 refuses to add, in this order: %s', async (detail, body) => {
    expect(await gacha.asAdministrator('POST', distro, body)).toEqual({ status: 400, body: { detail } })
  })

  it.each([
    ['Rarity not valid', { name: 'Windows95', rarity: '', image: '' }],
    ['Gacha Not present', { name: 'Windows95', rarity: '1', image: '' }],
    ['Gacha Not present', { name: 'x'.repeat(100_000), rarity: '1', image: '' }],
  ])('§5 refuses to modify, in this order: %s', async (detail, body) => {
    expect(await gacha.asAdministrator('PUT', distro, body)).toEqual({ status: 400, body: { detail } })
  })

  it.each([{}, { ...nyan, rarity: 5 }, { ...nyan, name: null }, { ...nyan, image: 'a\0b' }, { name: 'Nyan_OS' }])(
    '§2 answers 422 to %j',
    async (body) => {
      expect((await gacha.asAdministrator('POST', distro, body)).status).toBe(422)
      expect((await gacha.asAdministrator('PUT', distro, body)).status).toBe(422)
    },
  )
})
