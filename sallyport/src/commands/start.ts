import type { Settings } from '../settings/settings.ts'
import { type Running, startEverything } from '../start.ts'
import { createLog } from './log.ts'
import { stopOnSignals } from './shutdown.ts'

/** `sallyport start`: everything in one process, until a signal ends it. */
export async function runStart(settings: Settings): Promise<void> {
  const log = createLog(settings)
  let running: Promise<Running> | undefined
  const shutdown = stopOnSignals(async () => {
    // Also in the middle of a start: what has been started is stopped.
    const started = await running?.catch(() => undefined)
    await started?.stop()
  }, log)
  running = startEverything(settings, {
    log,
    onProgress: (step) => say(`… ${step}`),
    onLost: (error) => {
      log.fatal({ err: error }, 'the database is gone')
      shutdown.now(1)
    },
  })
  say(greeting(await running, settings))
}

function greeting({ addresses, administrator }: Running, { dataDirectory }: Settings): string {
  const { username, newPassword, file } = administrator
  const password = newPassword ?? (file === undefined ? undefined : `in ${file}`)
  return `
Sallyport is open.

  public door    ${addresses.public}
  admin door     ${addresses.admin}
  data           ${dataDirectory}
  administrator  ${username}${password === undefined ? '' : `, password ${password}`}

Try it:

  curl -s ${addresses.public}/api/auth/accounts -H 'content-type: application/json' \\
    -d '{"username": "ada", "email": "ada@example.org", "password": "Correct-Horse7!"}'

  curl -s ${addresses.public}/api/auth/token -d username=ada --data-urlencode 'password=Correct-Horse7!'

  curl -s ${addresses.public}/api/tux-management/tux-price

Ctrl-C stops everything.`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
