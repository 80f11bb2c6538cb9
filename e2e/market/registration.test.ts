import { describe, expect, it } from 'vitest'
import { administrator } from '../support/global-setup.ts'
import {
  call,
  expectInvalid,
  methodNotAllowed,
  outcome,
  refusal,
  textOf,
  validationErrors,
  sortedStatuses,
} from '../support/http.ts'
import { adminToken, goodPassword, registerPlayer, registration, signIn, uniqueName } from '../support/people.ts'

const register = (json: unknown) => call('public', 'POST', '/auth/accounts', { json })
const invalidEmail = refusal(400, 'Invalid email format.')
const invalidUsername = refusal(400, expect.stringMatching(/^Invalid username/))
const invalidPassword = refusal(400, expect.stringMatching(/^Invalid password/))
const taken = refusal(409, 'Email or username already in use')

describe('registration', () => {
  it('§4 answers 200 with the account and nothing else', async () => {
    const asked = registration()
    const { username, email } = asked
    const answer = await register(asked)
    expect(outcome(answer)).toStrictEqual({
      status: 200,
      body: { uid: expect.any(String), email, username, role: 'user' },
    })
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
  })

  it('§2 makes uids that are UUIDv4 in lower case', async () => {
    const { uid } = await registerPlayer()
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('§4 ignores a wish for a role, a uid or anything unknown', async () => {
    const uid = '00000000-0000-4000-8000-000000000000'
    const answer = await register({ ...registration(), role: 'admin', uid, roles: ['admin'], active: false })
    expect(answer.body).toMatchObject({ role: 'user' })
    expect(textOf(answer, 'uid')).not.toBe(uid)
  })

  it('§4 needs neither a token nor heeds one', async () => {
    const answer = await call('public', 'POST', '/auth/accounts', { json: registration(), token: await adminToken() })
    expect(answer.body).toMatchObject({ role: 'user' })
  })

  it('§10 lets the new player use collection, balance and history at once', async () => {
    const { uid, token } = await registerPlayer()
    const [collection, balance, history] = await Promise.all([
      call('public', 'GET', `/distro/${uid}/gacha/collection`, { token }),
      call('public', 'GET', `/tux-management/balances/${uid}`, { token }),
      call('public', 'GET', `/tux-management/transactions/${uid}`, { token }),
    ])
    expect(outcome(collection)).toStrictEqual({ status: 200, body: [] })
    expect(outcome(balance)).toStrictEqual({ status: 200, body: { fiat_balance: 1000, tux_balance: 0 } })
    expect(outcome(history)).toStrictEqual({ status: 200, body: { purchase: [], auction: [], roll: [] } })
  })

  it('§4 is a POST on the public door: GET there and POST on the admin door are 405', async () => {
    const token = await adminToken()
    expect(outcome(await call('public', 'GET', '/auth/accounts', { token }))).toStrictEqual(methodNotAllowed)
    expect(outcome(await call('admin', 'POST', '/auth/accounts', { token, json: registration() }))).toStrictEqual(
      methodNotAllowed,
    )
  })
})

describe('the fields of a registration', () => {
  it('§4 names every missing one with 422', async () => {
    const answer = await register({})
    expectInvalid(answer, 'body.username', 'body.password', 'body.email')
    expect(validationErrors(answer).map(({ type }) => type)).toStrictEqual(['missing', 'missing', 'missing'])
  })

  it.each(['username', 'password', 'email'])('§4 refuses a %s that is no string with 422', async (name) => {
    for (const value of [null, 5, true, ['a'], { a: 1 }]) {
      expectInvalid(await register({ ...registration(), [name]: value }), `body.${name}`)
    }
  })

  it('§4 never echoes a password in a 422', async () => {
    const secret = 'Secret-Br1dge!'
    const { username, email, password } = registration({ password: secret })
    for (const body of [
      { username, password },
      { email, password },
      { password },
      { username: 5, email, password },
      { username, email, password: [secret] },
      { username, email, password: { secret } },
    ]) {
      const answer = await register(body)
      expect(answer.status).toBe(422)
      expect(answer.text).not.toContain(secret)
    }
    const inAList = await register([registration({ password: secret })])
    expect(inAList.status).toBe(422)
    expect(inAList.text).not.toContain(secret)
  })

  it.each([
    ['empty', ''],
    ['without an @', 'ada.players.example'],
    ['with two @', 'ada@home@players.example'],
    ['without a local part', '@players.example'],
    ['without a dot in the domain', 'ada@players'],
    ['with a last label of one letter', 'ada@players.e'],
    ['with a digit in the last label', 'ada@players.c0m'],
    ['with a space', 'ada lovelace@players.example'],
    ['with a quote', 'ada"@players.example'],
    ['with a newline at its end', 'ada@players.example\n'],
    ['with a space at its end', 'ada@players.example '],
  ])('§4 refuses an e-mail address %s', async (_, email) => {
    expect(outcome(await register(registration({ email })))).toStrictEqual(invalidEmail)
  })

  it('§4 takes every sign that an e-mail address may have', async () => {
    const username = uniqueName()
    const email = `Ada.L_%+-${username}@sub-domain.Players.Example`
    expect((await register(registration({ username, email }))).body).toMatchObject({ username, email })
  })

  it.each([
    ['empty', ''],
    ['of two signs', 'ab'],
    ['of 31 signs', `a${'b'.repeat(30)}`],
    ['that begins with a digit', '1ada'],
    ['that begins with an underscore', '_ada'],
    ['with a dash', 'ada-lovelace'],
    ['with a space', 'ada lovelace'],
    ['with a letter beyond ASCII', 'adä_lovelace'],
    ['with a newline at its end', 'ada\n'],
    ['like an e-mail address', 'ada@players.example'],
  ])('§4 refuses a username %s', async (_, username) => {
    const email = `${uniqueName()}@players.example`
    expect(outcome(await register(registration({ username, email })))).toStrictEqual(invalidUsername)
  })

  it('§4 takes usernames of 3 and of 30 signs', async () => {
    const long = uniqueName('a'.repeat(20))
    expect(long).toHaveLength(30)
    expect((await register(registration({ username: long }))).status).toBe(200)
    const short = uniqueName('').replaceAll('_', 'x').slice(0, 3)
    const answer = await register(registration({ username: short, email: `${uniqueName()}@players.example` }))
    // Another account may already have one of the few names of three signs.
    expect([200, 409]).toContain(answer.status)
  })

  it.each([
    ['empty', ''],
    ['of seven signs', 'Abcd1!x'],
    ['without an upper-case letter', 'gr4nite-tower!'],
    ['without a lower-case letter', 'GR4NITE-TOWER!'],
    ['without a digit', 'Granite-Tower!'],
    ['without a special sign', 'Gr4niteTower'],
    ['with no special sign but - _ + = / ;', 'Gr4nite-_+=/;'],
    ['of 73 bytes', `Gr4nite!${'x'.repeat(65)}`],
    ['of 72 signs but 73 bytes', `Gr4nite!${'x'.repeat(63)}é`],
  ])('§4 refuses a password %s', async (_, password) => {
    expect(outcome(await register(registration({ password })))).toStrictEqual(invalidPassword)
  })

  it.each(['Qv7!kzwe', 'Qv7|kzwe', 'Qv7"kzwe', 'Qv7<kzwe', 'Qv7, kzwe', `Gr4nite!${'x'.repeat(64)}`])(
    '§4 takes the password %s',
    async (password) => {
      const asked = registration({ password })
      expect((await register(asked)).status).toBe(200)
      expect((await signIn(asked)).status).toBe(200)
    },
  )

  it('§4 checks e-mail, then username, then password, then whether they are taken', async () => {
    const known = await registerPlayer()
    const bad = { username: '1', email: 'x', password: 'x' }
    expect(outcome(await register(bad))).toStrictEqual(invalidEmail)
    expect(outcome(await register({ ...bad, email: known.email }))).toStrictEqual(invalidUsername)
    expect(outcome(await register({ ...known, password: 'x' }))).toStrictEqual(invalidPassword)
    expect(outcome(await register(known))).toStrictEqual(taken)
  })
})

describe('taken names', () => {
  it('§4 refuses a taken name with 409', async () => {
    const { username } = await registerPlayer()
    expect(outcome(await register(registration({ username, email: `x${username}@players.example` })))).toStrictEqual(
      taken,
    )
  })

  it('§4 refuses a taken e-mail address with 409', async () => {
    const { email } = await registerPlayer()
    expect(outcome(await register(registration({ email })))).toStrictEqual(taken)
  })

  it('§4 refuses them in another case too', async () => {
    const { username, email } = await registerPlayer()
    const other = `${uniqueName()}@players.example`
    expect(outcome(await register(registration({ username: username.toUpperCase(), email: other })))).toStrictEqual(
      taken,
    )
    expect(outcome(await register(registration({ email: email.toUpperCase() })))).toStrictEqual(taken)
  })

  it("§4 refuses the administrator's name", async () => {
    for (const username of [administrator.username, administrator.username.toUpperCase()]) {
      const email = `${uniqueName()}@players.example`
      expect(outcome(await register({ username, email, password: goodPassword }))).toStrictEqual(taken)
    }
  })

  it('§4 gives a name that many ask for at once to one of them', async () => {
    const username = uniqueName()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        register(registration({ username, email: `${index}${username}@players.example` })),
      ),
    )
    expect(sortedStatuses(answers)).toStrictEqual([200, 409, 409, 409, 409, 409])
  })
})
