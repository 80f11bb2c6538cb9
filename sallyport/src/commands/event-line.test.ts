import { newId } from '@sallyport/kernel'
import type { RecordedEvent } from '@sallyport/identity/audit'
import { describe, expect, it } from 'vitest'
import { jsonOf, lineOf } from './event-line.ts'

const [ada, bob] = [
  newId<NonNullable<RecordedEvent['subject']>['uid']>(),
  newId<NonNullable<RecordedEvent['subject']>['uid']>(),
]

const event: RecordedEvent = {
  id: 7n,
  at: new Date('2026-11-25T12:00:00.123Z'),
  kind: 'role.assigned',
  actor: { kind: 'account', uid: ada, username: 'ada' },
  address: '192.0.2.7',
  subject: { uid: bob, username: undefined },
  details: { role: 'admin' },
}

describe('an event on a line', () => {
  it('says when, what, who, from where, to whom and what else', () => {
    expect(lineOf(event)).toBe(
      `2026-11-25T12:00:00.123Z  role.assigned             ada ${ada}  from 192.0.2.7  to ${bob}  (role=admin)`,
    )
    const bare = {
      ...event,
      kind: 'sign-out',
      address: undefined,
      subject: event.actor.uid && { uid: ada, username: 'ada' },
      details: {},
    }
    expect(lineOf(bare)).toBe(`2026-11-25T12:00:00.123Z  sign-out                  ada ${ada}`)
    const operator = { kind: 'operator', uid: undefined, username: undefined } as const
    expect(lineOf({ ...bare, actor: operator })).toBe(
      `2026-11-25T12:00:00.123Z  sign-out                  operator  to ada ${ada}`,
    )
  })

  it.each([
    ['\u001B[2J\u0007', '\\u001b[2J\\u0007'],
    ['\u009B31m', '\\u009b31m'],
    ['two\nlines\r', 'two\\u000alines\\u000d'],
    ['\u202Egnp.exe', '\\u202egnp.exe'],
    ['a\u2028b\u200B', 'a\\u2028b\\u200b'],
    ['\u{E0041}', '\\udb40\\udc41'],
  ])('shows %j and lets the terminal do nothing', (username, shown) => {
    const strange = { ...event, actor: { ...event.actor, username }, details: { role: username } }
    expect(lineOf(strange)).toContain(`${shown} ${ada}`)
    expect(lineOf(strange)).toContain(`(role=${shown})`)
    for (const text of [lineOf(strange), jsonOf(strange)]) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(jsonOf(strange))).toMatchObject({ actor: { username }, details: { role: username } })
  })

  it('leaves every other text as it is', () => {
    const strange = { ...event, actor: { ...event.actor, username: 'brüna 分支持 \\ "' } }
    expect(lineOf(strange)).toContain('brüna 分支持 \\ "')
    expect(JSON.parse(jsonOf(strange))).toEqual({
      id: '7',
      at: '2026-11-25T12:00:00.123Z',
      kind: 'role.assigned',
      actor: { kind: 'account', accountId: ada, username: 'brüna 分支持 \\ "' },
      address: '192.0.2.7',
      subject: { accountId: bob },
      details: { role: 'admin' },
    })
  })
})
