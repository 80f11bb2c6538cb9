import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { DatabaseError } from 'pg'
import { isPassing, isUnreachable } from './failures.ts'

it('a socket that is not there says that the server is away, a file that is not there says nothing of it', async () => {
  const socket = connect('/nowhere/.s.PGSQL.5432')
  const refused = await new Promise((resolve) => socket.once('error', resolve))
  expect(isUnreachable(refused)).toBe(true)
  const missing: unknown = await readFile('/nowhere/picture.webp').catch((error: unknown) => error)
  expect(missing).toMatchObject({ code: 'ENOENT' })
  expect(isUnreachable(missing)).toBe(false)
})

describe('a failure', () => {
  const failure = (code: string) => Object.assign(new DatabaseError('', 0, 'error'), { code })

  it.each(['08006', '40001', '40P01', '53100', '53200', '53300', '57014', '57P01', '57P03'])('%s passes', (code) => {
    expect(isPassing(failure(code))).toBe(true)
  })

  it.each(['23505', '42P01', '22P02', '25006', '40002', 'XX000', '58030'])('%s does not', (code) => {
    expect(isPassing(failure(code))).toBe(false)
  })

  it('of the program is a bug, and that of a connection passes', () => {
    expect(isPassing(new TypeError('57P01'))).toBe(false)
    expect(isPassing(new Error('Connection terminated unexpectedly'))).toBe(true)
  })
})
