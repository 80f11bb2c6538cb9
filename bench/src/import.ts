import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeDataDirectory } from '@sallyport/e2e/data-directory'
import { launch } from '@sallyport/e2e/program'

const accounts = 100_000
const mostSeconds = 60
const hash = '$2b$12$3euPcmQFCiblsZeEu5s7p.9OVHgeHWFDk9nhMqZ0m/3pd/lhwZgES'

/** Imports accounts into an empty installation, and the same file again, by the command that an operator uses. */
export async function measureImport(): Promise<string> {
  const dataDirectory = await makeDataDirectory()
  try {
    const file = join(dataDirectory, 'accounts.ndjson')
    await pipeline(Readable.from(lines()), createWriteStream(file))
    await run(dataDirectory, ['migrate'])
    const [first, second] = [await importFile(dataDirectory, file), await importFile(dataDirectory, file)]
    return [
      `import: ${accounts} accounts with ready hashes, the start of the database included`,
      `  into an empty one  ${first.toFixed(1)} s (at most ${mostSeconds} s), ${Math.round(accounts / first)} a second`,
      `  the same again     ${second.toFixed(1)} s`,
    ].join('\n')
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

function* lines(): Generator<string> {
  for (let index = 0; index < accounts; index += 1) {
    const username = `user${index}`
    yield `${JSON.stringify({ username, email: `${username}@example.org`, password_hash: hash, validated: true })}\n`
  }
}

async function importFile(dataDirectory: string, file: string): Promise<number> {
  const startedAt = performance.now()
  await run(dataDirectory, ['admin', 'accounts', 'import', file])
  return (performance.now() - startedAt) / 1000
}

async function run(dataDirectory: string, args: readonly string[]): Promise<void> {
  const launched = launch(args, { SALLYPORT_DATA: dataDirectory })
  if ((await launched.ended()) !== 0) throw new Error(`sallyport ${args.join(' ')}:\n${launched.output()}`)
}
