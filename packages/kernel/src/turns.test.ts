import { describe, expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const full = new Error('full')

describe('turns', () => {
  it('are taken by so many at once, and then in the order of arrival', async () => {
    const turns = createTurns({ atOnce: 2, waitLimit: 5, whenFull: () => full })
    const order: string[] = []
    const [first, second] = await Promise.all([turns.take('a'), turns.take('a')])
    const third = turns.take('a').then((give) => (order.push('third'), give))
    const fourth = turns.take('a').then((give) => (order.push('fourth'), give))
    await turns.take('b')
    expect(order).toEqual([])
    first()
    first()
    await third
    expect(order).toEqual(['third'])
    second()
    await fourth
    expect(order).toEqual(['third', 'fourth'])
  })

  it('are refused to those who would wait too long', async () => {
    const turns = createTurns({ atOnce: 1, waitLimit: 1, whenFull: () => full })
    await turns.take('a')
    void turns.take('a')
    await expect(turns.take('a')).rejects.toBe(full)
  })
})
