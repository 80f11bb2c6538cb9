import { describe, expect, it } from 'vitest'
import { callPath, textOf } from '../support/http.ts'
import { adminToken, newToken, registerPlayer, signIn } from '../support/people.ts'

const suspension = (uid: string): string => `/v1/accounts/${uid}/suspension`

describe('suspending an account', () => {
  it('ends its tokens on every surface and lets nobody in, until it is resumed', async () => {
    const player = await registerPlayer()
    const admin = await adminToken()
    const own = () => callPath('public', 'GET', '/authy/user', { headers: { 'x-access-token': player.token } })
    expect((await own()).status).toBe(200)
    expect((await callPath('admin', 'POST', suspension(player.uid), { token: admin })).status).toBe(204)
    expect((await own()).status).toBe(401)
    const balance = `/api/tux-management/balances/${player.uid}`
    expect((await callPath('public', 'GET', balance, { token: player.token })).status).toBe(401)
    expect((await signIn(player)).status).toBe(401)
    expect((await callPath('admin', 'DELETE', suspension(player.uid), { token: admin })).status).toBe(204)
    expect((await signIn(player)).status).toBe(200)
  })

  it('is for administrators, at their door, and not for those who are stronger than they', async () => {
    const [player, deputy] = [await registerPlayer(), await registerPlayer()]
    const admin = await adminToken()
    const path = `/authy/role/admin/users/${deputy.uid}`
    const made = await callPath('public', 'POST', path, { headers: { 'x-access-token': admin } })
    expect(made.status).toBe(200)
    const weaker = await newToken(deputy)
    const strongest = textOf(await callPath('admin', 'GET', '/admin/api/auth/userinfo', { token: admin }), 'uid')
    expect((await callPath('admin', 'POST', suspension(strongest), { token: weaker })).status).toBe(403)
    expect((await callPath('admin', 'POST', suspension(strongest), { token: player.token })).status).toBe(403)
    expect((await callPath('public', 'POST', suspension(player.uid), { token: weaker })).status).toBe(404)
    // Nor may a weaker one take over the account of a stronger one by its address, or delete it.
    const account = `/admin/api/auth/accounts/${strongest}`
    const json = { email: 'taken@example.org' }
    expect((await callPath('admin', 'PUT', account, { token: weaker, json })).status).toBe(403)
    expect((await callPath('admin', 'DELETE', account, { token: weaker })).status).toBe(403)
  })
})
