import { expect, it } from 'vitest'
import { accountId, inBothModes, sessionId } from './harness.ts'

const accepted = [200, 200]
const refused = [401, 401]

inBothModes('a token that counts no more (design §4)', (house) => {
  const until = (): number => Math.floor(house.clock.now().getTime() / 1000) + 3600

  it('is refused when its session has ended, although it was verified a moment ago', async () => {
    const [ended, other] = ['0b9a2a55-0c43-4a8e-9d6b-5a4f3f6f7a01', sessionId]
    const token = house.token({ sid: ended })
    for (let n = 0; n < 3; n += 1) expect(await house.verdictsOn(token)).toEqual(accepted)
    house.revoke({ kind: 'session', id: ended, until: until() })
    expect(await house.verdictsOn(token)).toEqual(refused)
    expect(await house.verdictsOn(house.token({ sid: ended }))).toEqual(refused)
    expect(await house.verdictsOn(house.token({ sid: other }))).toEqual(accepted)
  })

  it('is refused in every session when its account has ended', async () => {
    const sub = 'a2a3a4a5-8f0b-4a53-9a3e-0c9b7f3f1d22'
    const tokens = ['1', '2'].map((sid) => house.token({ sub, sid }))
    for (const token of tokens) expect(await house.verdictsOn(token)).toEqual(accepted)
    house.revoke({ kind: 'account', id: sub, until: until() })
    for (const token of tokens) expect(await house.verdictsOn(token)).toEqual(refused)
    expect(await house.verdictsOn(house.token({ sub: accountId }))).toEqual(accepted)
  })

  it('is not mistaken for another whose session is called as an account', async () => {
    house.revoke({ kind: 'session', id: accountId, until: until() })
    expect(await house.verdictsOn(house.token())).toEqual(accepted)
  })

  it('ends the stream of events that it has opened', async () => {
    const sid = '0b9a2a55-0c43-4a8e-9d6b-5a4f3f6f7a03'
    const reply = await house.get('/desk/events', { authorization: `Bearer ${house.token({ sid })}` })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    house.revoke({ kind: 'session', id: sid, until: until() })
    expect(await reply.text()).toContain('retry:')
  })
})
