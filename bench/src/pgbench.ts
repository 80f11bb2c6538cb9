import { execFile } from 'node:child_process'
import { access, constants, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface PgbenchRun {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly script: string
  readonly clients: number
  readonly seconds: number
}

export interface PgbenchOutcome {
  readonly transactions: number
  readonly perSecond: number
  readonly averageMs: number
}

/** Looks for pgbench on the path and where Debian puts it. */
export async function findPgbench(): Promise<string> {
  const debian = '/usr/lib/postgresql'
  const versions = await readdir(debian).catch(() => [])
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'))
  for (const directory of [...newestFirst, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const file = join(directory, 'pgbench')
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return file
  }
  throw new Error(
    'this benchmark needs pgbench, which comes with PostgreSQL: apt-get install -y postgresql on Debian and Ubuntu, ' +
      'brew install postgresql on macOS (no server of it has to run)',
  )
}

/** Runs a script in as many sessions at once, each prepared once and then repeated until the time is up. */
export async function runPgbench(pgbench: string, run: PgbenchRun): Promise<PgbenchOutcome> {
  const file = join(tmpdir(), `sallyport-bench-${process.pid}.sql`)
  await writeFile(file, run.script, { flag: 'wx' })
  try {
    const options = {
      host: run.host,
      port: run.port,
      username: run.user,
      client: run.clients,
      time: run.seconds,
      protocol: 'prepared',
      file,
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    const { stdout } = await execute(pgbench, [...args, '--no-vacuum', run.database])
    if (!/number of failed transactions: 0 /.test(stdout)) throw new Error(`transactions of pgbench failed:\n${stdout}`)
    return {
      transactions: figure(stdout, /number of transactions actually processed: (\d+)/),
      perSecond: figure(stdout, /tps = ([\d.]+)/),
      averageMs: figure(stdout, /latency average = ([\d.]+) ms/),
    }
  } finally {
    await rm(file, { force: true })
  }
}

function figure(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`pgbench does not say what it measured:\n${text}`)
  return Number(found)
}
