import { describe, expect, it } from 'vitest'
import { type Answer, call, invalidToken, objectOf, outcome, sortedStatuses } from '../support/http.ts'
import {
  adminToken,
  buy,
  newToken,
  type Player,
  registerPlayer,
  registration,
  signIn,
  uniqueName,
} from '../support/people.ts'

const remove = ({ uid, token }: Player) => call('public', 'DELETE', `/auth/accounts/${uid}`, { token })
const whoAmI = (token: string) => call('public', 'GET', '/auth/userinfo', { token })

/** The tokens that these sign-ins gave; the others were refused. */
function tokensOf(answers: readonly Answer[]): string[] {
  return answers.filter(({ status }) => status === 200).map(({ body }) => String(objectOf(body)['access_token']))
}

describe('what happens at the same time', () => {
  it('§3 a sign-in during a deletion leaves no token alive', async () => {
    const ada = await registerPlayer()
    const [deletion, ...signIns] = await Promise.all([remove(ada), ...Array.from({ length: 12 }, () => signIn(ada))])
    expect(deletion.status).toBe(200)
    for (const { status } of signIns) expect([200, 401]).toContain(status)
    for (const token of tokensOf(signIns)) expect(outcome(await whoAmI(token))).toStrictEqual(invalidToken)
    expect((await signIn(ada)).status).toBe(401)
  })

  it('§3 a sign-in with the old password during its change leaves no other session', async () => {
    const ada = await registerPlayer()
    const json = { old_password: ada.password, new_password: 'Other-Gr4nite!' }
    const path = `/auth/accounts/${ada.uid}/changePassword`
    const change = call('public', 'POST', path, { token: ada.token, json })
    const [changed, ...signIns] = await Promise.all([change, ...Array.from({ length: 12 }, () => signIn(ada))])
    expect(changed.status).toBe(200)
    for (const token of tokensOf(signIns)) expect(outcome(await whoAmI(token))).toStrictEqual(invalidToken)
    expect((await whoAmI(ada.token)).status).toBe(200)
  })

  it('§4 one of many password changes with the same old password wins', async () => {
    const ada = await registerPlayer()
    const path = `/auth/accounts/${ada.uid}/changePassword`
    const passwords = Array.from({ length: 6 }, (_, index) => `Gr4nite-Tower-${index}!`)
    const answers = await Promise.all(
      passwords.map((new_password) =>
        call('public', 'POST', path, { token: ada.token, json: { old_password: ada.password, new_password } }),
      ),
    )
    expect(sortedStatuses(answers)).toStrictEqual([200, 403, 403, 403, 403, 403])
    const winner = passwords[answers.findIndex(({ status }) => status === 200)] ?? ''
    expect((await signIn({ ...ada, password: winner })).status).toBe(200)
  })

  it('§4 one of many players gets a free name by a change', async () => {
    const players = await Promise.all(Array.from({ length: 5 }, () => registerPlayer()))
    const username = uniqueName()
    const answers = await Promise.all(
      players.map(({ uid, token }) => call('public', 'PUT', `/auth/accounts/${uid}`, { token, json: { username } })),
    )
    expect(sortedStatuses(answers)).toStrictEqual([200, 409, 409, 409, 409])
  })

  it('§10 purchases, rolls and changes during a deletion do no harm', async () => {
    const ada = await registerPlayer()
    await buy(ada, 50)
    const { uid, token } = ada
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => call('public', 'POST', `/distro/${uid}/gacha/roll`, { token })),
      ...Array.from({ length: 5 }, () =>
        call('public', 'POST', '/tux-management/buy', { token, json: { amount: 1, user_id: uid } }),
      ),
      remove(ada),
      call('public', 'PUT', `/auth/accounts/${uid}`, { token, json: { username: uniqueName() } }),
      call('public', 'GET', `/distro/${uid}/gacha/collection`, { token }),
    ])
    for (const { status, text } of answers) expect(status, text).toBeLessThan(500)
    const admin = await adminToken()
    const history = await call('admin', 'GET', `/tux-management/transactions/${uid}`, { token: admin })
    expect(history.status).toBe(404)
    const collection = await call('public', 'GET', `/distro/${uid}/gacha/collection`, { token })
    expect(outcome(collection)).toStrictEqual(invalidToken)
  })

  it('§4 a name goes from one owner to the next, over and over', async () => {
    const asked = registration()
    const uids = new Set<string>()
    for (let round = 0; round < 4; round++) {
      const player = await registerPlayer(asked)
      uids.add(player.uid)
      expect(
        (await call('public', 'GET', `/tux-management/balances/${player.uid}`, { token: player.token })).body,
      ).toStrictEqual({ fiat_balance: 1000, tux_balance: 0 })
      await buy(player, 10)
      expect((await remove(player)).status).toBe(200)
    }
    expect(uids.size).toBe(4)
  })

  it('§2 many people at once each get their own answers', async () => {
    const players = await Promise.all(Array.from({ length: 6 }, () => registerPlayer()))
    const rounds = Array.from({ length: 20 }, () => players).flat()
    const answers = await Promise.all(rounds.map(({ token }) => whoAmI(token)))
    expect(answers.map(({ body }) => objectOf(body)['uid'])).toStrictEqual(rounds.map(({ uid }) => uid))
  })

  it('§3 a logout many times at once ends the token once, and no other', async () => {
    const ada = await registerPlayer()
    const other = await newToken(ada)
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('public', 'POST', '/auth/logout', { token: ada.token })),
    )
    for (const { status } of answers) expect([200, 401]).toContain(status)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    expect((await whoAmI(ada.token)).status).toBe(401)
    expect((await whoAmI(other)).status).toBe(200)
  })
})
