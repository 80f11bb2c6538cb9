import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { portFinder } from './port-finder.ts'

it('the same name finds the same ports again, each once', async () => {
  const [one, again] = [portFinder('/srv/one'), portFinder('/srv/one')]
  const ports = [await one(), await one(), await one()]
  expect(new Set(ports).size).toBe(3)
  expect([await again(), await again(), await again()]).toEqual(ports)
})

it('a port that somebody listens on is passed over', async () => {
  const [taken, next] = await (async (find) => [await find(), await find()])(portFinder('/srv/two'))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
  expect(await portFinder('/srv/two')()).toBe(next)
  await new Promise((resolve) => server.close(resolve))
})
