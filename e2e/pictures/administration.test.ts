import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory)
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

async function admin(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = launch(['admin', 'pictures', ...args], { SALLYPORT_DATA: dataDirectory })
  const code = await launched.ended()
  return { code, output: launched.output() }
}
/** The ids of the accepted pictures. */
const accepted = async (): Promise<string[]> =>
  [...(await admin('list', 'accepted')).output.matchAll(/^[0-9a-f-]{36}/gm)].map(([id]) => id)

it('S-33 S-54 the pool is looked after while the program runs', async () => {
  const first = await accepted()
  expect(first).toHaveLength(12)
  expect(await admin('list')).toEqual({ code: 0, output: 'no picture is pending\n' })

  expect(await admin('seed', '--count', '2')).toMatchObject({ code: 0 })
  expect(await accepted()).toHaveLength(14)

  const [id = ''] = first
  expect(await admin('refuse', id)).toMatchObject({ code: 0 })
  expect(await accepted()).not.toContain(id)
  expect(await admin('accept', id)).toMatchObject({ code: 0 })
  expect(await accepted()).toContain(id)
  expect(await admin('accept', 'nobody')).toEqual({ code: 1, output: 'sallyport: there is no such picture\n' })
})

it('S-54 pictures of the operator are imported, and what is refused is named', async () => {
  const folder = join(dataDirectory, 'mine')
  await mkdir(folder)
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await writeFile(join(folder, 'north_star.png'), Buffer.from(png, 'base64'))
  await writeFile(join(folder, 'none.jpg'), 'no picture')
  await writeFile(join(folder, 'notes.txt'), 'left alone')
  expect(await admin('import', folder)).toEqual({
    code: 1,
    output: 'none.jpg: file: must be a picture in JPEG, PNG or WebP\n1 pictures were imported, 1 refused\n',
  })
  const line = { file: 'north_star.png', title: 'Polaris', explanation: 'North.', date: '2026-07-04' }
  const lines = [line, { ...line, date: '2026-02-30' }, { ...line, copyright: 'x'.repeat(101) }, { file: 'x' }]
  await writeFile(join(folder, 'list.ndjson'), lines.map((one) => JSON.stringify(one)).join('\n'))
  const { code, output } = await admin('import', join(folder, 'list.ndjson'))
  expect([code, output.split('\n')]).toEqual([
    1,
    [
      'line 2: date: must be a day that there is, as YYYYMMDD or YYYY-MM-DD',
      'line 3: copyright: must be text of the length that an upload has',
      'line 4: must have file, title, explanation and date',
      '1 pictures were imported, 3 refused',
      '',
    ],
  ])
  expect((await admin('list', 'accepted')).output).toContain('"north star"')
})
