import { expect, it } from 'vitest'
import { createBackOff } from './back-off.ts'

it('a process that ends again and again waits longer each time, half a minute at most', () => {
  const backOff = createBackOff()
  const delays = Array.from({ length: 9 }, () => backOff.next(100))
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

it('a process that has worked for a minute is started again at once', () => {
  const backOff = createBackOff()
  for (let n = 0; n < 5; n += 1) backOff.next(100)
  expect(backOff.next(60_000)).toBe(250)
  expect(backOff.next(100)).toBe(500)
})
