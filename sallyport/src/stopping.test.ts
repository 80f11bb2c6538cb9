import { expect, it } from 'vitest'
import { stopInTurn } from './stopping.ts'

it('stops everything in its order, also behind what cannot be stopped', async () => {
  const done: string[] = []
  const failure = new Error('still busy')
  const stopping = stopInTurn([
    () => done.push('doors'),
    async () => Promise.reject(failure),
    async () => void done.push('database'),
  ])
  await expect(stopping).rejects.toMatchObject({ errors: [failure] })
  expect(done).toEqual(['doors', 'database'])
})
