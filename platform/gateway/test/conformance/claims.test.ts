import { expect, it } from 'vitest'
import { accountId, inBothModes } from './harness.ts'

const accepted = [200, 200]
const refused = [401, 401]

inBothModes('the claims of a token (RFC 7519, design §4)', (house) => {
  const seconds = (): number => Math.floor(house.clock.now().getTime() / 1000)

  it.each([
    ['another issuer', { iss: 'https://elsewhere.test' }],
    ['the issuer with a slash', { iss: 'https://sallyport.test/' }],
    ['the issuer in other letters', { iss: 'https://SALLYPORT.test' }],
    ['a list of issuers', { iss: ['https://sallyport.test', 'https://elsewhere.test'] }],
    ['a list of the issuer alone', { iss: ['https://sallyport.test'] }],
    ['no issuer', { iss: undefined }],
    ['an issuer that is null', { iss: null }],
    ['another audience', { aud: 'elsewhere' }],
    ['the audience in other letters', { aud: 'Sallyport' }],
    ['a part of the audience', { aud: 'sally' }],
    ['the audience and more', { aud: 'sallyport.evil' }],
    ['a list of other audiences', { aud: ['elsewhere', 'nowhere'] }],
    ['an empty list of audiences', { aud: [] }],
    ['an audience that is no text', { aud: { sallyport: true } }],
    ['a list with what is no audience', { aud: ['sallyport', 1] }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['an end that is null', { exp: null }],
    ['an end in words', { exp: '99999999999' }],
    ['an end that is true', { exp: true }],
    ['a list of ends', { exp: [99_999_999_999] }],
    ['a beginning in words', { nbf: '1' }],
    ['a time of issue in words', { iat: '1' }],
    ['no time of issue', { iat: undefined }],
    ['no subject', { sub: undefined }],
    ['a subject that is no id', { sub: 'ada' }],
    ['a list of subjects', { sub: [accountId] }],
    ['no session', { sid: undefined }],
    ['a session that is no text', { sid: 7 }],
    ['no scope, as ID tokens have none', { scope: undefined, sid: undefined, nonce: 'n' }],
    ['a list of scopes', { scope: ['impersonate'] }],
    ['a list in the place of the role', { role: ['admin'] }],
    ['a role that is none', { role: 'superadmin' }],
    ['a text in the place of the roles', { roles: 'admin' }],
    ['roles that are no texts', { roles: [{ admin: true }] }],
    ['no roles', { roles: undefined }],
    ['a key that it is bound to (RFC 7800)', { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }],
    [
      'a certificate that it is bound to (RFC 8705)',
      { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
    ],
  ])('are refused with %s', async (_, changed) => {
    expect(await house.verdictsOn(house.token(changed))).toEqual(refused)
  })

  it('may name several audiences, when this is one of them', async () => {
    expect(await house.verdictsOn(house.token({ aud: ['elsewhere', 'sallyport'] }))).toEqual(accepted)
  })

  it('count until the last second, also when they were verified before', async () => {
    const now = house.clock.now()
    const end = seconds() + 10
    const token = house.token({ exp: end })
    expect(await house.verdictsOn(token)).toEqual(accepted)
    house.clock.set(new Date(end * 1000 - 1))
    expect(await house.verdictsOn(token)).toEqual(accepted)
    house.clock.set(new Date(end * 1000))
    expect(await house.verdictsOn(token)).toEqual(refused)
    house.clock.set(now)
  })

  it('count from the second that they name, by the same clock, and not before', async () => {
    const now = house.clock.now()
    const begin = seconds() + 300
    const token = house.token({ nbf: begin })
    expect(await house.verdictsOn(token)).toEqual(refused)
    house.clock.set(new Date(begin * 1000))
    expect(await house.verdictsOn(token)).toEqual(accepted)
    house.clock.set(now)
  })

  it('were not made in the future: clocks may differ by a minute', async () => {
    expect(await house.verdictsOn(house.token({ iat: seconds() + 60 }))).toEqual(accepted)
    expect(await house.verdictsOn(house.token({ iat: seconds() + 61 }))).toEqual(refused)
  })

  it('that come twice are read in one way: the last counts, at the door as in the service', async () => {
    const once = JSON.stringify(house.claims()).slice(0, -1)
    const token = house.keys.RS256.sign(`${once},"role":"admin","roles":["admin"],"role":"user","roles":["user"]}`)
    for (const path of ['/desk/me', '/stall/me']) {
      const reply = await house.get(path, { authorization: `Bearer ${token}` })
      expect(await reply.json()).toMatchObject({ role: 'user', roles: ['user'] })
    }
    const other = house.keys.RS256.sign(`${once},"aud":"elsewhere"}`)
    expect(await house.verdictsOn(other)).toEqual(refused)
  })

  it('bring no member along that is none of them', async () => {
    const once = JSON.stringify(house.claims()).slice(0, -1)
    const token = house.keys.RS256.sign(`${once},"__proto__":{"role":"admin"},"constructor":{"prototype":{"x":1}}}`)
    const reply = await house.get('/desk/administration', { authorization: `Bearer ${token}` })
    expect(reply.status).toBe(403)
  })
})

inBothModes('the roles of a token (E-38)', (house) => {
  const statusOf = async (path: string, changed: Readonly<Record<string, unknown>>): Promise<number> =>
    (await house.get(path, { authorization: `Bearer ${house.token(changed)}` })).status

  it('open what the one role of a route says', async () => {
    expect(await statusOf('/desk/administration', { role: 'admin' })).toBe(200)
    expect(await statusOf('/desk/administration', { role: 'user', roles: ['admin', 'superadmin'] })).toBe(403)
  })

  it('are compared to the letter, each for itself', async () => {
    expect(await statusOf('/desk/lessons', { roles: ['student', 'instructor'] })).toBe(200)
    for (const role of ['Instructor', 'instructors', 'instruct', ' instructor', 'student,instructor', '']) {
      expect(await statusOf('/desk/lessons', { roles: [role] }), role).toBe(403)
    }
    expect(await statusOf('/desk/lessons', { roles: [] })).toBe(403)
  })

  it('open nothing by a narrow scope', async () => {
    for (const scope of ['', 'impersonate2', 'house:read', 'Impersonate']) {
      expect(await statusOf('/desk/me', { scope }), scope).toBe(403)
    }
  })
})
