import { expect, it } from 'vitest'
import { inBothModes } from './harness.ts'

inBothModes('streams of events', (house) => {
  it('are bounded for each account, and those of others are not touched by it', async () => {
    const open = async (sub: string): Promise<Response> =>
      house.get('/desk/events', { authorization: `Bearer ${house.token({ sub })}` })
    const [ada, bob] = ['a2a3a4a5-8f0b-4a53-9a3e-0c9b7f3f1d01', 'a2a3a4a5-8f0b-4a53-9a3e-0c9b7f3f1d02']
    const streams = await Promise.all(Array.from({ length: 16 }, () => open(ada)))
    expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200))
    const refused = await open(ada)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'application/problem+json'])
    const other = await open(bob)
    expect(other.status).toBe(200)
    // Whoever leaves one has room for another.
    await streams[0]?.body?.cancel()
    await expect
      .poll(async () => {
        const { status, body } = await open(ada)
        await body?.cancel()
        return status
      })
      .toBe(200)
    for (const { body } of [...streams.slice(1), other]) await body?.cancel()
  })
})
