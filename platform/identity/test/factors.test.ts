import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecondFactorInTheWay } from '../src/accounts/account.ts'
import { FactorMissing, FactorPresent, WrongCode } from '../src/factors/factor.ts'
import { digestOf } from '../src/proofs/link-store.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { password, startFactors } from './factors-support.ts'

let on: Awaited<ReturnType<typeof startFactors>>
beforeAll(async () => (on = await startFactors()))
afterAll(() => on.stop())

describe('an authenticator app', () => {
  it('is a factor once a code of it was shown, and brings ten recovery codes', async () => {
    const { uid, username } = await on.account()
    await on.factors.beginTotp(uid)
    expect(await on.factors.list(uid)).toEqual([])
    expect(await on.signIn(username)).toBe(200)
    const secret = (await on.factors.pendingTotp(uid)) ?? ''
    await expect(on.factors.confirmTotp(on.own(uid), '000000')).rejects.toThrow(WrongCode)
    const codes = await on.factors.confirmTotp(on.own(uid), on.codeOf(secret))
    expect(new Set(codes).size).toBe(10)
    expect(await on.factors.list(uid)).toEqual([
      { kind: 'totp', addedAt: on.clock.now() },
      { kind: 'recovery-codes', left: 10 },
    ])
    expect(await on.factors.pendingTotp(uid)).toBeUndefined()
    await expect(on.factors.beginTotp(uid)).rejects.toThrow(FactorPresent)
    expect(await on.signIn(username)).toBe(401)
  })

  it('that nobody confirms is forgotten: whoever comes later is not shown what somebody else has seen', async () => {
    const { uid } = await on.account()
    await on.factors.beginTotp(uid)
    const secret = (await on.factors.pendingTotp(uid)) ?? ''
    on.later(15 * 60)
    expect(await on.factors.pendingTotp(uid)).toBeUndefined()
    await expect(on.factors.confirmTotp(on.own(uid), on.codeOf(secret))).rejects.toThrow(FactorMissing)
    await on.factors.beginTotp(uid)
    expect(await on.factors.pendingTotp(uid)).not.toBe(secret)
  })

  it('is confirmed by one of two who do so at once', async () => {
    const { uid } = await on.account()
    await on.factors.beginTotp(uid)
    const code = on.codeOf((await on.factors.pendingTotp(uid)) ?? '')
    const both = await Promise.allSettled([1, 2].map(() => on.factors.confirmTotp(on.own(uid), code)))
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await on.factors.list(uid)).toContainEqual({ kind: 'recovery-codes', left: 10 })
  })

  it('is kept as nothing that opens anything without the master key, or at another account', async () => {
    const [ada, eve] = [await on.account(), await on.account()]
    const { secret } = await on.addTotp(ada.uid)
    await on.addTotp(eve.uid)
    const row = await on.db.selectFrom('totp').selectAll().where('uid', '=', ada.uid).executeTakeFirstOrThrow()
    expect(row.sealed_secret.toString('latin1')).not.toContain(secret)
    await on.db.updateTable('totp').set({ sealed_secret: row.sealed_secret }).where('uid', '=', eve.uid).execute()
    await expect(on.proofs.judge(eve.uid, { kind: 'totp', code: on.codeOf(secret) })).rejects.toThrow()
  })

  it('takes a code once, of a step before it no other, and not the code that confirmed it', async () => {
    const { uid } = await on.account()
    const { secret } = await on.addTotp(uid)
    const judge = (steps: number) => on.proofs.judge(uid, { kind: 'totp', code: on.codeOf(secret, steps) })
    expect(await judge(-1)).toBe(false)
    expect(await judge(1)).toBe(true)
    expect(await judge(1)).toBe(false)
    expect(await judge(0)).toBe(false)
    on.later(60)
    expect(await judge(0)).toBe(true)
  })

  it('takes a code from one of ten who come with it at once', async () => {
    const { uid } = await on.account()
    const { secret } = await on.addTotp(uid)
    const proof = { kind: 'totp', code: on.codeOf(secret) } as const
    const judged = await Promise.all(Array.from({ length: 10 }, () => on.proofs.judge(uid, proof)))
    expect(judged.filter(Boolean)).toHaveLength(1)
  })

  it('is gone when removed, with the recovery codes', async () => {
    const { uid, username } = await on.account()
    await on.addTotp(uid)
    await on.factors.removeTotp(on.own(uid))
    expect(await on.factors.list(uid)).toEqual([])
    expect(await on.signIn(username)).toBe(200)
    await expect(on.factors.removeTotp(on.own(uid))).rejects.toThrow(FactorMissing)
    await expect(on.factors.renewRecoveryCodes(on.own(uid))).rejects.toThrow(FactorMissing)
  })
})

describe('recovery codes', () => {
  it('are used once each, by one of ten who come with it at once', async () => {
    const { uid } = await on.account()
    const { recoveryCodes } = await on.addTotp(uid)
    const proof = { kind: 'recovery-code', code: recoveryCodes[3]?.toUpperCase() ?? '' } as const
    const judged = await Promise.all(Array.from({ length: 10 }, () => on.proofs.judge(uid, proof)))
    expect(judged.filter(Boolean)).toHaveLength(1)
    expect(await on.factors.list(uid)).toContainEqual({ kind: 'recovery-codes', left: 9 })
  })

  it('are nobody else’s', async () => {
    const [ada, eve] = [await on.account(), await on.account()]
    const { recoveryCodes } = await on.addTotp(ada.uid)
    await on.addTotp(eve.uid)
    expect(await on.proofs.judge(eve.uid, { kind: 'recovery-code', code: recoveryCodes[0] ?? '' })).toBe(false)
  })

  it('count no more when new ones were made', async () => {
    const { uid } = await on.account()
    const { recoveryCodes } = await on.addTotp(uid)
    const fresh = await on.factors.renewRecoveryCodes(on.own(uid))
    const judge = (code: string | undefined) => on.proofs.judge(uid, { kind: 'recovery-code', code: code ?? '' })
    expect(await judge(recoveryCodes[0])).toBe(false)
    expect(await judge(fresh[0])).toBe(true)
  })

  it('are in the database as digests alone', async () => {
    const { uid } = await on.account()
    const { recoveryCodes } = await on.addTotp(uid)
    const rows = await on.db.selectFrom('recovery_code').selectAll().where('uid', '=', uid).execute()
    const kept = rows.map(({ digest }) => digest.toString('latin1')).join()
    for (const code of recoveryCodes) expect(kept).not.toContain(code.replaceAll('-', ''))
  })
})

/** Opens a session of somebody at the OpenID pages, who has no second factor yet. */
async function openSession(username: string): Promise<SessionId> {
  const proof = { username, password, on: 'openid', address: '192.0.2.1', userAgent: undefined } as const
  return (await on.sessions.open(await on.sessions.provePassword(proof), proof)).sid
}

const isOpen = async (sid: SessionId): Promise<boolean> =>
  (await on.db.selectFrom('session').select('sid').where('sid', '=', sid).executeTakeFirst()) !== undefined

describe('a change of factors', () => {
  it('ends every session but the one that made it, and is in the trail', async () => {
    const { uid, username } = await on.account()
    const [mine, other] = [await openSession(username), await openSession(username)]
    await on.factors.beginTotp(uid)
    const secret = (await on.factors.pendingTotp(uid)) ?? ''
    await on.factors.confirmTotp(on.own(uid, mine), on.codeOf(secret))
    expect([await isOpen(mine), await isOpen(other)]).toEqual([true, false])
    await on.factors.removeTotp(on.own(uid, newId<SessionId>()))
    expect(await isOpen(mine)).toBe(false)
    expect(await on.eventsAbout(uid)).toEqual(
      expect.arrayContaining([
        { kind: 'factor.added', details: { factor: 'totp' } },
        { kind: 'factor.removed', details: { factor: 'totp' } },
      ]),
    )
  })

  it('is seen by whoever has just proven the password: no session is opened with it alone', async () => {
    const { uid, username } = await on.account()
    const proof = { username, password, on: 'openid', address: '192.0.2.1', userAgent: undefined } as const
    const proven = await on.sessions.provePassword(proof)
    await on.addTotp(uid)
    await expect(on.sessions.open(proven, proof)).rejects.toThrow('Incorrect username or password')
  })

  it('is waited for by whoever opens a session at the same moment', async () => {
    const { uid, username } = await on.account()
    const proof = { username, password, on: 'openid', address: '192.0.2.1', userAgent: undefined } as const
    const proven = await on.sessions.provePassword(proof)
    await on.factors.beginTotp(uid)
    const secret = (await on.factors.pendingTotp(uid)) ?? ''
    const [opened] = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => on.sessions.open(proven, proof)),
      on.factors.confirmTotp(on.own(uid), on.codeOf(secret)),
    ])
    expect(opened).toBeDefined()
    const left = await on.db.selectFrom('session').select('sid').where('uid', '=', uid).execute()
    expect(left).toEqual([])
  })
})

describe('where only a password is asked for', () => {
  it('somebody with a second factor looks like somebody with a wrong password, but in the trail', async () => {
    const { uid, username } = await on.account()
    await on.addTotp(uid)
    const ask = async (path: string, secret: string) => {
      const isForm = path === '/api/auth/token'
      const fields = { username, password: secret }
      const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
      const body = isForm ? new URLSearchParams(fields).toString() : JSON.stringify(fields)
      const { status, body: answer } = await on.one.service.inject({
        method: 'POST',
        path,
        headers: { 'content-type': type },
        body,
      })
      return { status, answer }
    }
    for (const path of ['/api/auth/token', '/authy/login'])
      expect(await ask(path, password)).toEqual(await ask(path, 'Wrong-Horse7!'))
    const refusals = (await on.eventsAbout(uid)).filter(({ kind }) => kind === 'sign-in.refused')
    expect(refusals.map(({ details }) => Reflect.get(details, 'reason'))).toEqual([
      'second-factor',
      'wrong-password',
      'second-factor',
      'wrong-password',
    ])
  })

  it('a right password slows down like a wrong one', async () => {
    const { uid, username } = await on.account()
    await on.addTotp(uid)
    const statuses: number[] = []
    for (let count = 0; count < 22; count += 1) statuses.push(await on.signIn(username))
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('a stolen token', () => {
  it('is not enough to get rid of the second factor of its owner, whatever they may do to others', async () => {
    const { uid } = await on.account()
    await on.addTotp(uid)
    const { accounts } = on.one.identity
    const self = { kind: 'account', uid, address: '192.0.2.1', level: 0 } as const
    const email = 'elsewhere@example.org'
    await expect(accounts.rename(uid, { email }, self)).rejects.toBeInstanceOf(SecondFactorInTheWay)
    await expect(accounts.correct(uid, { email }, self)).rejects.toBeInstanceOf(SecondFactorInTheWay)
    await expect(on.factors.reset(uid, self)).rejects.toBeInstanceOf(SecondFactorInTheWay)
    expect(await on.factors.list(uid)).toHaveLength(2)
  })
})

describe('an e-mail address', () => {
  async function link(uid: string, email: string): Promise<string> {
    const secret = newId()
    const now = on.clock.now()
    const row = { digest: digestOf(secret), email, created_at: now, expires_at: new Date(now.getTime() + 60_000) }
    await on.db
      .insertInto('email_link')
      .values({ ...row, uid: (await on.one.identity.accounts.read(uid)).uid, purpose: 'password-reset' })
      .execute()
    return secret
  }

  const reset = async (uid: string, email: string) => {
    const body = JSON.stringify({ secret: await link(uid, email), password: 'Another-Horse8!' })
    const headers = { 'content-type': 'application/json' }
    const path = '/v1/account/password-resets'
    expect((await on.one.service.inject({ method: 'POST', path, headers, body })).status).toBe(204)
  }

  it('that was a mere claim ends factors when it is proven: they may be a stranger’s', async () => {
    const { uid, username, email } = await on.account()
    await on.addTotp(uid)
    await reset(uid, email)
    expect(await on.factors.list(uid)).toEqual([])
    expect(await on.signIn(username, 'Another-Horse8!')).toBe(200)
    expect((await on.eventsAbout(uid)).map(({ kind }) => kind)).toContain('factors.reset')
  })

  it('that was proven before does not: the mailbox alone is no second factor', async () => {
    const { uid, username, email } = await on.account()
    await reset(uid, email)
    await on.addTotp(uid)
    await reset(uid, email)
    expect(await on.factors.list(uid)).toHaveLength(2)
    expect(await on.signIn(username, 'Another-Horse8!')).toBe(401)
  })

  it('is not changed by its owner while there is a second factor, which the proof of another would end', async () => {
    const { uid } = await on.account()
    await on.addTotp(uid)
    const { by } = on.own(uid)
    const rename = (email: string) => on.one.identity.accounts.rename(uid, { email }, { ...by, level: 10 })
    await expect(rename('elsewhere@example.org')).rejects.toThrow('remove the second factor')
    await on.factors.removeTotp(on.own(uid))
    expect((await rename('elsewhere@example.org')).email).toBe('elsewhere@example.org')
  })
})
