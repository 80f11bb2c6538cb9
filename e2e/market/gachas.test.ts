import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, listOf, notAuthenticated, objectOf, outcome, refusal } from '../support/http.ts'
import { adminToken, adminUid, type Player, registerPlayer } from '../support/people.ts'

/** The stock catalogue in its order, each with its rarity. */
const stock = [
  ['Ubuntu', '1'],
  ['Debian', '1'],
  ['Fedora', '1'],
  ['Arch_Linux', '2'],
  ['openSUSE', '2'],
  ['Mint', '1'],
  ['Manjaro', '2'],
  ['HannaMontana_Linux', '5'],
  ['Gentoo', '3'],
  ['Raspberry_Pi_OS', '1'],
  ['TempleOS', '5'],
  ['Slackware', '4'],
  ['Alpine_Linux', '3'],
  ['Tails', '4'],
  ['Kali_Linux', '1'],
  ['Pop!_OS', '2'],
  ['Zorin_OS', '2'],
  ['Bodhi_Linux', '4'],
  ['Solus', '4'],
  ['NixOS', '4'],
  ['Void_Linux', '4'],
] as const

const invalidUser = refusal(400, 'Invalid User')
const invalidAdmin = refusal(400, 'Invalid Admin')
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
let ada: Player
let bob: Player

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
})

function isPng(image: unknown): boolean {
  if (typeof image !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(image)) return false
  return Buffer.from(image, 'base64').subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
}

describe('the catalogue', () => {
  it('§6 begins with the 21 stock gachas in their order', async () => {
    const answer = await call('public', 'GET', '/distro/user/gacha/all', { token: ada.token })
    expect(answer.status).toBe(200)
    const names = listOf(answer.body).map(({ name }) => name)
    expect(names.slice(0, 21)).toStrictEqual(stock.map(([name]) => name))
  })

  it('§5 shows a player names and images, no id and no rarity', async () => {
    const entries = listOf((await call('public', 'GET', '/distro/user/gacha/all', { token: ada.token })).body)
    for (const entry of entries) expect(Object.keys(entry).sort()).toStrictEqual(['image', 'name'])
    expect(entries.slice(0, 21).filter(({ image }) => !isPng(image))).toStrictEqual([])
  })

  it('§6 shows an administrator ids and the rarities of the running code', async () => {
    const answer = await call('admin', 'GET', '/distro/gacha/all', { token: await adminToken() })
    expect(answer.status).toBe(200)
    const entries = listOf(answer.body)
    for (const entry of entries) expect(Object.keys(entry).sort()).toStrictEqual(['id', 'image', 'name', 'rarity'])
    const seeded = entries.slice(0, 21)
    expect(seeded.map(({ name, rarity }) => [name, rarity])).toStrictEqual(stock)
    expect(seeded.filter(({ id }) => !uuid.test(String(id)))).toStrictEqual([])
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
  })

  it.each(stock)('§5 shows a player the gacha %s of rarity %s', async (name, rarity) => {
    const path = `/distro/user/gacha/${encodeURIComponent(name)}`
    const answer = await call('public', 'GET', path, { token: ada.token })
    expect(outcome(answer)).toStrictEqual({
      status: 200,
      body: { id: expect.stringMatching(uuid), name, rarity, image: expect.stringMatching(/./) },
    })
    expect(isPng(objectOf(answer.body)['image'])).toBe(true)
    const seenByAdmin = await call('admin', 'GET', `/distro/gacha/${name}`, { token: await adminToken() })
    expect(outcome(seenByAdmin)).toStrictEqual(outcome(answer))
  })

  it.each(['Pop!_OS', 'Pop%21_OS', 'Pop%21%5FOS', '%50op!_OS'])(
    '§5 knows a gacha by the path segment %s',
    async (segment) => {
      for (const answer of [
        await call('public', 'GET', `/distro/user/gacha/${segment}`, { token: ada.token }),
        await call('admin', 'GET', `/distro/gacha/${segment}`, { token: await adminToken() }),
      ]) {
        expect(answer.status).toBe(200)
        expect(answer.body).toMatchObject({ name: 'Pop!_OS', rarity: '2' })
      }
    },
  )

  it('§5 takes names to the letter: an absent one is 400 for a player and JSON null for an administrator', async () => {
    for (const segment of ['ubuntu', 'UBUNTU', 'Absent', 'Ubuntu%20', 'Pop%2521_OS', 'a'.repeat(200), '%F0%9F%90%A7']) {
      const seen = await call('public', 'GET', `/distro/user/gacha/${segment}`, { token: ada.token })
      expect(outcome(seen), segment).toStrictEqual(refusal(400, 'Gacha not present'))
      const seenByAdmin = await call('admin', 'GET', `/distro/gacha/${segment}`, { token: await adminToken() })
      expect([seenByAdmin.status, seenByAdmin.text.trim()], segment).toStrictEqual([200, 'null'])
      expect(seenByAdmin.headers['content-type']).toMatch(/^application\/json/)
    }
  })
})

describe('who may see what', () => {
  const publicPaths = (uid: string) => [
    ['GET', '/distro/user/gacha/all'],
    ['GET', '/distro/user/gacha/Ubuntu'],
    ['GET', '/distro/user/gacha/Absent'],
    ['GET', `/distro/${uid}/gacha/collection`],
    ['GET', `/distro/${uid}/gacha/collection/Ubuntu`],
    ['POST', `/distro/${uid}/gacha/roll`],
  ]

  it('§2 refuses an administrator on public endpoints with 400, the own uid included', async () => {
    const token = await adminToken()
    for (const uid of [ada.uid, await adminUid()]) {
      for (const [method = '', path = ''] of publicPaths(uid)) {
        expect(outcome(await call('public', method, path, { token })), path).toStrictEqual(invalidUser)
      }
    }
  })

  it('§2 refuses a player who asks for another with 400, known or not', async () => {
    for (const uid of [bob.uid, randomUUID(), 'nobody', ada.uid.toUpperCase()]) {
      for (const [method = '', path = ''] of publicPaths(uid).slice(3)) {
        expect(outcome(await call('public', method, path, { token: ada.token })), path).toStrictEqual(invalidUser)
      }
    }
  })

  it('§2 refuses a player on the admin door with 400', async () => {
    const { token } = ada
    const gacha = { name: 'Test', rarity: '1', image: '' }
    for (const [method, path, json] of [
      ['GET', '/distro/gacha/all', undefined],
      ['GET', '/distro/gacha/Ubuntu', undefined],
      ['GET', '/distro/gacha/Absent', undefined],
      ['POST', '/distro/gacha', gacha],
      ['PUT', '/distro/gacha', gacha],
      ['DELETE', '/distro/gacha/remove/Ubuntu', undefined],
    ] as const) {
      const answer = await call('admin', method, path, { token, json })
      expect(outcome(answer), `${method} ${path}`).toStrictEqual(invalidAdmin)
    }
  })

  it('§2 asks for a token', async () => {
    for (const [method = '', path = ''] of publicPaths(ada.uid)) {
      const answer = await call('public', method, path)
      expect(outcome(answer), path).toStrictEqual(notAuthenticated)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
    expect(outcome(await call('admin', 'GET', '/distro/gacha/all'))).toStrictEqual(notAuthenticated)
  })
})

describe('a collection', () => {
  it('§5 is empty for a new player', async () => {
    const answer = await call('public', 'GET', `/distro/${bob.uid}/gacha/collection`, { token: bob.token })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: [] })
  })

  it('§5 tells of a gacha that is not in it with 404, whether the catalogue has it or not', async () => {
    for (const name of ['Ubuntu', 'Absent', 'Pop!_OS']) {
      const answer = await call('public', 'GET', `/distro/${bob.uid}/gacha/collection/${name}`, { token: bob.token })
      expect(outcome(answer)).toStrictEqual(refusal(404, 'Gacha not present in the user collection'))
    }
  })
})
