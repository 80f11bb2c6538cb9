import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { isUnreachable } from './failures.ts'

it('a socket that is not there says that the server is away, a file that is not there says nothing of it', async () => {
  const socket = connect('/nowhere/.s.PGSQL.5432')
  const refused = await new Promise((resolve) => socket.once('error', resolve))
  expect(isUnreachable(refused)).toBe(true)
  const missing: unknown = await readFile('/nowhere/picture.webp').catch((error: unknown) => error)
  expect(missing).toMatchObject({ code: 'ENOENT' })
  expect(isUnreachable(missing)).toBe(false)
})
