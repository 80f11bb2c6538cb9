import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it('the table of the OpenID provider is the one that its package describes', async () => {
  const described = await read('../../../packages/openid/migrations/0001-openid.sql')
  expect((await read('../migrations/0010-openid.sql')).startsWith(described)).toBe(true)
})
