import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { filesInDirectory } from '../src/files/picture-files.ts'
import { rememberingFiles } from '../src/files/remembered-files.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-pictures-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

it.each([0, 1, 256 * 1024, 256 * 1024 + 1, 1_000_000])('a file of %i bytes comes back as it was', async (size) => {
  const [files, name, bytes] = [filesInDirectory(directory), `${newId()}.png`, randomBytes(size)]
  await files.put(name, bytes)
  const file = await files.read(name)
  expect(file?.size).toBe(size)
  const { content = new Uint8Array() } = file ?? {}
  expect((content instanceof Uint8Array ? Buffer.from(content) : await buffer(content)).equals(bytes)).toBe(true)
})

it('what was read is not read again, unless it is large, and is forgotten when it is removed', async () => {
  const files = rememberingFiles(filesInDirectory(directory))
  const [small, large] = [`${newId()}.small.webp`, `${newId()}.png`]
  await files.put(small, randomBytes(1000))
  await files.put(large, randomBytes(300_000))
  for (const name of [small, large]) {
    const content = (await files.read(name))?.content
    if (content && !(content instanceof Uint8Array)) content.destroy()
  }
  for (const name of [small, large]) await rm(join(directory, name.slice(0, 2), name))
  expect((await files.read(small))?.size).toBe(1000)
  expect(await files.read(large)).toBeUndefined()
  await files.remove(small)
  expect(await files.read(small)).toBeUndefined()
})

it.each(['../secret.png', 'x.png', `${newId()}.svg`, `${newId()}.png/../../x`])(
  'S-F7 nothing is called %s',
  async (name) => {
    const files = filesInDirectory(directory)
    const before = await readdir(directory, { recursive: true })
    for (const attempt of [
      () => files.put(name, new Uint8Array(1)),
      () => files.read(name),
      () => files.remove(name),
    ]) {
      await expect((async () => attempt())()).rejects.toThrow('not the name of a picture')
    }
    expect(await readdir(directory, { recursive: true })).toEqual(before)
  },
)
