import { beforeAll, describe, expect, inject, it } from 'vitest'
import { callPath, objectOf } from '../support/http.ts'
import { newToken, type Player, registerPlayer } from '../support/people.ts'
import { type Lives, liveALittle, markup } from './lives.ts'

const exportOf = ({ token }: Pick<Player, 'token'>) => callPath('public', 'GET', '/v1/me/export', { token })
const something = expect.anything()

describe('the export of everything that is held of somebody', () => {
  let lives: Lives
  beforeAll(async () => {
    lives = await liveALittle()
  })

  it('has what every service holds of them', async () => {
    const { ada, auctions } = lives
    const answer = await exportOf(ada)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-disposition': expect.stringMatching(/^attachment; filename="sallyport-\d{4}-\d\d-\d\d\.json"$/),
      'cache-control': 'no-store',
      'x-ratelimit-limit': '10',
    })
    expect(answer.body).toMatchObject({
      format: 'sallyport-personal-data/1',
      account: ada.uid,
      identity: {
        account: { username: ada.username, email: ada.email, roles: ['user', 'student'] },
        pictures: { first_name: markup, last_name: 'Lovelace' },
        sessions: expect.arrayContaining([expect.objectContaining({ surface: 'market' })]),
        api_keys: [{ name: 'pictures' }, { name: markup, scopes: ['wallet:read'] }],
        events: expect.arrayContaining([
          expect.objectContaining({ kind: 'personal-data.exported', by: 'self', about: 'self' }),
          expect.objectContaining({ kind: 'role.assigned', by: 'other-account', address: null }),
        ]),
      },
      wallet: {
        membership: { opened_at: something, closed_at: null },
        balances: { tux: 178, tux_held: 12 },
        transactions: [
          { kind: 'roll', tux: -10 },
          { kind: 'purchase', tux: 200 },
          { kind: 'opening', fiat: 1000 },
        ],
        holds: [{ tux: 12, state: 'open' }],
      },
      gacha: {
        rolls: [{ state: 'delivered', client_seed: '<i>7</i>' }],
        offered: [{ auction_id: auctions.own, state: 'kept' }],
        received: [],
      },
      auction: {
        auctions: [{ id: auctions.own, highest_bid: 11, state: 'open' }],
        bids: [{ auction_id: auctions.others, amount: 12, leads: true, bought: false }],
      },
      enrollment: { seats: [], waiting: [{ title: markup, position: 1 }], dropped: [], taught: [] },
      pictures: { uploads: [{ title: markup, state: something, width: 1 }] },
      complete: true,
    })
  })

  it('S-C8 has no secret of theirs, and nothing of whom they had to do with', async () => {
    const { ada, bob, secrets } = lives
    const { text } = await exportOf(ada)
    for (const secret of secrets) expect(text).not.toContain(secret)
    for (const foreign of [bob.uid, bob.username, bob.email]) expect(text).not.toContain(foreign)
    expect(text).not.toMatch(/"(?:password|hash|digest|token|secret|mac)[a-z_]*":|\$argon2|pbkdf2/i)
  })

  it('S-F4 has a smaller sister: what pictures knows of them', async () => {
    const { ada, secrets } = lives
    const { status, body, text } = await callPath('public', 'GET', '/v1/me/pictures', { token: ada.token })
    expect([status, body]).toMatchObject([
      200,
      { Reg_Name: markup, Reg_LastName: 'Lovelace', Reg_Email: ada.email, Reg_Is_Blocked: false },
    ])
    expect(objectOf(body)['Reg_Authentication_Key']).toMatch(/^.{6}\*{34}$/)
    for (const secret of secrets) expect(text).not.toContain(secret)
  })
})

describe('who may have an export', () => {
  it.each(['/v1/me/export', '/v1/me/pictures'])('is nobody without a token, or with a key: %s', async (path) => {
    const ada = await registerPlayer()
    const json = { name: 'all', scopes: ['wallet:read', 'gacha:read', 'pictures:download', 'pictures:upload'] }
    const made = await callPath('public', 'POST', '/v1/account/api-keys', { token: ada.token, json })
    const headers = { 'X-API-KEY': String(objectOf(made.body)['key']) }
    expect((await callPath('public', 'GET', path)).status).toBe(401)
    expect((await callPath('public', 'GET', path, { headers })).status).toBe(401)
    expect((await callPath('admin', 'GET', path, { token: ada.token })).status).toBe(404)
  })

  it('has it ten times an hour', async () => {
    const ada = await registerPlayer()
    for (let time = 1; time <= 10; time += 1) expect((await exportOf(ada)).status).toBe(200)
    const refused = await exportOf({ token: await newToken(ada) })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000)
  })

  it('finds what services offer one another at no door', async () => {
    const ada = await registerPlayer()
    for (const service of ['wallet', 'gacha', 'auction', 'enrollment', 'pictures']) {
      for (const door of ['public', 'admin'] as const) {
        const url = `${inject('sallyportAddresses')[door]}/internal/${service}/people/${ada.uid}/data`
        const { status } = await fetch(url, { headers: { authorization: `Bearer ${ada.token}` } })
        expect(status).toBe(404)
      }
    }
  })
})
