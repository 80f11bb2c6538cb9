import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'

/** Writes more than is written at once, and exits, when it is told to. */
const program = `
  const { createLog } = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)})
  const log = createLog({ logLevel: 'info' })
  process.stdin.once('data', () => {
    for (let line = 0; line < 3; line += 1) log.info({ line }, 'late')
    process.exit(3)
  })
  process.stdout.write('begun')
`

async function begin() {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return { child, exited: once(child, 'exit') }
}

it('what was logged last is written when the process ends', async () => {
  const { child, exited } = await begin()
  let text = ''
  child.stderr.on('data', (piece) => (text += String(piece)))
  child.stdin.write('now')
  expect(await exited).toEqual([3, null])
  await expect.poll(() => text.match(/"late"/g)).toHaveLength(3)
})

it('a process ends though nobody reads its log any more', async () => {
  const { child, exited } = await begin()
  child.stderr.destroy()
  await once(child.stderr, 'close')
  child.stdin.write('now')
  expect(await exited).toEqual([3, null])
})
