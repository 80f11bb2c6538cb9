import { afterEach, expect, it } from 'vitest'
import { type Member, MemberFailed } from './member.ts'
import { partProcess } from './part-process.ts'

/*
 * A part that cannot come to work: it has no settings. Those that work are tried on a running cluster (e2e/cluster).
 */

let said: string[]
let states: string[]
let member: Member

function make(): Member {
  said = []
  states = []
  member = partProcess({
    name: 'wallet',
    part: 'wallet',
    url: 'http://127.0.0.1:1',
    environment: {},
    write: (line) => said.push(line),
    onChange: () => states.push(member.state),
    onDamage: () => undefined,
  })
  return member
}
afterEach(() => member.stop())

it('tells who starts it that it ended at its start, shows what it said, and tries again', async () => {
  await expect(make().start()).rejects.toThrow(
    new MemberFailed('wallet ended at its start (code 1); what it said is in the output of the cluster'),
  )
  expect(member.state).toBe('waiting')
  expect(member.pid).toBeUndefined()
  expect(said).toContainEqual(expect.stringMatching(/^wallet \| .*SALLYPORT_PUBLIC_URL is needed/))
  expect(said.at(-1)).toBe('wallet | ended by itself (code 1) and is started again in 0.25 s')
  // Whoever starts it meanwhile need not wait for that, and hears how that start ends.
  await expect(member.start()).rejects.toThrow(MemberFailed)
  expect(said.at(-1)).toBe('wallet | ended by itself (code 1) and is started again in 0.5 s')
  expect(states).toEqual(['starting', 'waiting', 'starting', 'waiting'])
})

it('stays stopped when it is stopped while it waits', async () => {
  await expect(make().start()).rejects.toThrow(MemberFailed)
  await member.stop()
  expect(states).toEqual(['starting', 'waiting', 'stopped'])
  await member.stop()
  expect(member.state).toBe('stopped')
})

it('ends a start that is stopped, for everybody who waits for it', async () => {
  const starts = [make().start(), member.start()]
  const pid = member.pid
  const refused = Promise.all(starts.map((start) => expect(start).rejects.toThrow(MemberFailed)))
  await member.stop()
  await refused
  expect(pid).toEqual(expect.any(Number))
  expect(states).toEqual(['starting', 'stopping', 'stopped'])
})
