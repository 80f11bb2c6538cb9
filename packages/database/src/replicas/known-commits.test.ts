import { describe, expect, it } from 'vitest'
import { KnownCommits } from './known-commits.ts'
import { BEGINNING, BEYOND, formatLsn, type Lsn, parseLsn } from './lsn.ts'

const at = (low: number): Lsn => parseLsn(`0/${low.toString(16)}`)
const unanswered = async (): Promise<Lsn> => Promise.reject(new Error('no answer'))

function learnt(position = at(1), limit?: number): KnownCommits {
  const commits = new KnownCommits(limit)
  commits.listen()(position)
  return commits
}

describe('positions in the log', () => {
  it('are read and written as PostgreSQL does', () => {
    expect(parseLsn('0/3000148')).toBe(0x3000148n)
    expect(parseLsn('1A/F')).toBe(0x1a_0000_000fn)
    expect(formatLsn(parseLsn('1A/F'))).toBe('1A/F')
    expect(formatLsn(BEGINNING)).toBe('0/0')
    for (const text of ['', '0', '0/', '0/123456789', 'x/1', '0/1 ']) expect(() => parseLsn(text)).toThrow(TypeError)
  })
})

describe('how far copies must be', () => {
  it('is beyond everything as long as nothing was heard', async () => {
    const commits = new KnownCommits()
    expect(commits.isLearnt).toBe(false)
    expect(await commits.ofSubject('ada')).toBe(BEYOND)
  })

  it('is what the primary said first, for whatever was changed before', async () => {
    const commits = learnt(at(7))
    commits.listen()(at(9))
    expect(await commits.ofSubject('ada')).toBe(at(7))
    expect(commits.last).toBe(at(9))
  })

  it('E-71 is what a standby has until the primary is heard, and then what that says', async () => {
    const commits = new KnownCommits()
    commits.assume(at(5))
    expect([await commits.ofSubject('ada'), commits.last]).toEqual([at(5), at(5)])
    commits.assume(at(6))
    expect(await commits.ofSubject('ada')).toBe(at(5))
    commits.listen()(at(8))
    expect([await commits.ofSubject('ada'), commits.last]).toEqual([at(8), at(8)])
  })

  it('E-70 is the change of a subject for that subject alone', async () => {
    const commits = learnt(at(1))
    await commits.committed('ada', async () => at(4))
    expect([await commits.ofSubject('ada'), await commits.ofSubject('bob'), commits.last]).toEqual([
      at(4),
      at(1),
      at(4),
    ])
  })

  it('E-70 waits for a change whose place is being asked for', async () => {
    const commits = learnt(at(1))
    const { promise, resolve } = Promise.withResolvers<Lsn>()
    const change = commits.committed('ada', () => promise)
    const asked = commits.ofSubject('ada')
    resolve(at(4))
    expect(await asked).toBe(at(4))
    await change
  })

  it('is beyond everything after a commit whose place was not told, until the primary was asked anew', async () => {
    const commits = learnt(at(1))
    const askedBefore = commits.listen()
    await commits.committed('ada', unanswered)
    expect([await commits.ofSubject('ada'), await commits.ofSubject('bob'), commits.last]).toEqual([
      BEYOND,
      at(1),
      BEYOND,
    ])
    // The answer to an earlier question says nothing about it.
    askedBefore(at(3))
    expect([await commits.ofSubject('ada'), commits.last]).toEqual([BEYOND, BEYOND])
    commits.listen()(at(6))
    expect([await commits.ofSubject('ada'), commits.last]).toEqual([at(6), at(6)])
  })

  it('is rather too far than forgotten when too many were changed', async () => {
    const commits = learnt(at(1), 2)
    for (const [index, subject] of ['ada', 'bob', 'eve'].entries())
      await commits.committed(subject, async () => at(4 + index))
    expect(await commits.ofSubject('ada')).toBe(at(4))
    expect(await commits.ofSubject('nobody')).toBe(at(4))
    expect(await commits.ofSubject('eve')).toBe(at(6))
  })
})
