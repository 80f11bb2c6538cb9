import { describe, expect, it } from 'vitest'
import { type FeedPage, followRevocations, type Revocation, RevocationList, RevocationsUnknown } from '../src/index.ts'
import { accessClaims, createTestIssuer, silent, stoppedClock, testAuthentication } from './support.ts'

/** A feed as identity keeps it. */
function feedOf(name: string, revocations: readonly Revocation[]) {
  const asked: number[] = []
  const state = { name, revocations, away: false, asked }
  const read = async (after: number): Promise<FeedPage> => {
    asked.push(after)
    if (state.away) throw new Error('nobody there')
    return { feed: state.name, revocations: state.revocations.filter(({ sequence }) => sequence > after) }
  }
  return { state, read }
}

const revocation = (sequence: number, id: string): Revocation => ({ sequence, kind: 'session', id, until: 4e9 })

describe('following the feed of revocations (design §4)', () => {
  it('hears what is in force, and soon what comes after it', async () => {
    const clock = stoppedClock()
    const { state, read } = feedOf('one', [revocation(7, 'a')])
    const list = new RevocationList(clock)
    const following = await followRevocations(read, silent).subscribe((news) => list.apply(news))
    expect(list.isRevoked('a', 'ada')).toBe(true)
    state.revocations = [...state.revocations, revocation(8, 'b')]
    await expect.poll(() => list.isRevoked('b', 'ada')).toBe(true)
    following.stop()
    expect(state.asked.slice(0, 2)).toEqual([0, 7])
  })

  it('reads another feed from its beginning, although its own place lies beyond it or in its middle', async () => {
    for (const after of [3, 100]) {
      const { state, read } = feedOf('one', [revocation(after, 'a')])
      const list = new RevocationList(stoppedClock())
      const following = await followRevocations(read, silent).subscribe((news) => list.apply(news))
      state.name = 'restored'
      state.revocations = [revocation(2, 'b'), revocation(3, 'c'), revocation(4, 'd')]
      await expect.poll(() => ['a', 'b', 'c', 'd'].filter((sid) => list.isRevoked(sid, 'ada'))).toHaveLength(4)
      following.stop()
    }
  })

  it('hears everything of two feeds that answer in turn or not, and asks no more often than there is something', async () => {
    for (const turns of ['01', '011', '001101']) {
      const long = feedOf('long', [revocation(7, 'a'), revocation(100, 'b')])
      const short = feedOf('short', [revocation(1, 'c'), revocation(2, 'd')])
      let reads = 0
      const read = async (after: number): Promise<FeedPage> => {
        if (reads > 200) throw new Error('asked without end')
        const turn = turns[reads % turns.length]
        reads += 1
        return (turn === '0' ? long : short).read(after)
      }
      const list = new RevocationList(stoppedClock())
      const heard = (): string[] => ['a', 'b', 'c', 'd', 'e', 'f'].filter((sid) => list.isRevoked(sid, 'ada'))
      const following = await followRevocations(read, silent).subscribe((news) => list.apply(news))
      expect(list.state).toBe('ready')
      await expect.poll(heard).toEqual(['a', 'b', 'c', 'd'])
      long.state.revocations = [...long.state.revocations, revocation(101, 'e')]
      short.state.revocations = [...short.state.revocations, revocation(3, 'f')]
      await expect.poll(heard).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
      following.stop()
      expect(reads).toBeLessThan(50)
    }
  })

  it('pauses also when every answer is of another feed', async () => {
    let reads = 0
    const read = async (): Promise<FeedPage> => {
      if (reads > 1000) throw new Error('asked without end')
      reads += 1
      return { feed: `feed ${reads}`, revocations: [revocation(reads, `session ${reads}`)] }
    }
    const list = new RevocationList(stoppedClock())
    const following = await followRevocations(read, silent).subscribe((news) => list.apply(news))
    following.stop()
    expect(reads).toBe(100)
    expect(list.isRevoked('session 100', 'ada')).toBe(true)
  })

  it('says that the feed is lost when it was not heard for two seconds, until it is heard again', async () => {
    const clock = stoppedClock()
    const { state, read } = feedOf('one', [])
    const list = new RevocationList(clock)
    expect(list.state).toBe('lost')
    const following = await followRevocations(read, silent).subscribe((news) => list.apply(news))
    expect(list.state).toBe('ready')
    state.away = true
    await expect.poll(() => state.asked.length).toBeGreaterThan(3)
    clock.set(new Date(clock.now().getTime() + 2000))
    expect(list.state).toBe('ready')
    clock.set(new Date(clock.now().getTime() + 1))
    expect(list.state).toBe('lost')
    state.away = false
    await expect.poll(() => list.state).toBe('ready')
    following.stop()
  })
})

describe('authentication that fails closed', () => {
  const issuer = createTestIssuer()

  it('takes no token for good once the feed has been silent for too long, and works again by itself', async () => {
    const clock = stoppedClock()
    const { authentication, revocations } = testAuthentication(clock, issuer, { failClosedSeconds: 30 })
    const good = `Bearer ${issuer.sign(accessClaims(clock))}`
    clock.set(new Date(clock.now().getTime() + 30_000))
    expect(await authentication.account(good)).toMatchObject({ username: 'ada' })
    expect(authentication.revocations()).toBe('degraded: lost')
    clock.set(new Date(clock.now().getTime() + 1))
    await expect(authentication.account(good)).rejects.toThrow(RevocationsUnknown)
    expect(authentication.revocations()).toBe('lost')
    expect(new RevocationsUnknown().reason).toBe('busy')
    // What is no good in any case is told so.
    expect(await authentication.account('Bearer junk')).toBe('invalid')
    expect(await authentication.account(undefined)).toBe('missing')
    revocations.apply([])
    expect(await authentication.account(good)).toMatchObject({ username: 'ada' })
  })

  it('does not unless it is told to, however long the feed is silent', async () => {
    const clock = stoppedClock()
    const { authentication } = testAuthentication(clock, issuer)
    clock.set(new Date(clock.now().getTime() + 800_000))
    const good = `Bearer ${issuer.sign(accessClaims(clock))}`
    expect(await authentication.account(good)).toMatchObject({ username: 'ada' })
    expect(authentication.revocations()).toBe('degraded: lost')
  })

  it('E-47 takes none, although it has keys, before it was told for the first time what is revoked', async () => {
    const clock = stoppedClock()
    const { authentication, revocations } = testAuthentication(clock, issuer, { told: false })
    const good = `Bearer ${issuer.sign(accessClaims(clock))}`
    await expect(authentication.account(good)).rejects.toThrow(RevocationsUnknown)
    expect(authentication.revocations()).toBe('lost')
    // Whoever told it may not have heard anything for long.
    revocations.apply([], Number.POSITIVE_INFINITY)
    expect(await authentication.account(good)).toMatchObject({ username: 'ada' })
    expect(authentication.revocations()).toBe('degraded: lost')
  })
})
