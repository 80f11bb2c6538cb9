import { overviewOf } from '../own-services/overview.ts'
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

function greeting(
  { addresses, administrator, authorityFile, ownServices }: Running,
  { dataDirectory }: Settings,
): string {
  const { username, newPassword, file } = administrator
  const password = newPassword ?? (file === undefined ? undefined : `in ${file}`)
  const curl = `curl -s${authorityFile === undefined ? '' : ` --cacert ${authorityFile}`} ${addresses.public}`
  return `
Sallyport is open.

  public door    ${addresses.public}
  admin door     ${addresses.admin}${addresses.redirect === undefined ? '' : `\n  redirect       ${addresses.redirect}`}
  data           ${dataDirectory}
  administrator  ${username}${password === undefined ? '' : `, password ${password}`}${trust(authorityFile)}${own(ownServices)}

Try it:

  ${curl}/api/auth/accounts -H 'content-type: application/json' \\
    -d '{"username": "ada", "email": "ada@example.org", "password": "Correct-Horse7!"}'

  ${curl}/api/auth/token -d username=ada --data-urlencode 'password=Correct-Horse7!'

  ${curl}/api/tux-management/tux-price

Ctrl-C stops everything.`
}

function own(services: Running['ownServices']): string {
  return services.length === 0 ? '' : `\n\nServices of your own:\n\n${overviewOf(services)}`
}

/** How others come to know the authority that the certificate of the doors is of. */
function trust(authorityFile: string | undefined): string {
  if (authorityFile === undefined) return ''
  return `
  authority      ${authorityFile}

The doors show a certificate of an authority of their own, for development. Have a browser trust it by importing that file
as an authority for websites, curl with --cacert, Node with NODE_EXTRA_CA_CERTS; docs/tls.md says more.`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
