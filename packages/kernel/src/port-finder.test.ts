import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { portFinder } from './port-finder.ts'

// Nobody else looks at the same ports at the same time.
const [first, second] = [`one of ${process.pid}`, `two of ${process.pid}`]

it('the same name finds the same ports again, each once', async () => {
  const [one, again] = [portFinder(first), portFinder(first)]
  const ports = [await one(), await one(), await one()]
  expect(new Set(ports).size).toBe(3)
  expect([await again(), await again(), await again()]).toEqual(ports)
})

it('a port that somebody listens on is passed over', async () => {
  const [taken, next] = await (async (find) => [await find(), await find()])(portFinder(second))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
  expect(await portFinder(second)()).toBe(next)
  await new Promise((resolve) => server.close(resolve))
})
