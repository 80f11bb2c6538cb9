import { onClusterGone, reportWorking } from '../cluster/part-messages.ts'
import { overviewOf } from '../own-services/overview.ts'
import type { PartName } from '../settings/parts.ts'
import { servePart } from '../serve.ts'
import type { RunningPart } from '../serving/running-part.ts'
import type { Settings } from '../settings/settings.ts'
import { createLog } from './log.ts'
import { stopOnSignals } from './shutdown.ts'

/** `sallyport serve PART`: one part, until a signal ends it. */
export async function runServe(part: PartName, settings: Settings): Promise<void> {
  const log = createLog(settings).child({ service: part })
  let running: Promise<RunningPart> | undefined
  const stopping = new AbortController()
  const shutdown = stopOnSignals(async () => {
    stopping.abort()
    const started = await running?.catch(() => undefined)
    await started?.stop()
  }, log)
  onClusterGone(() => shutdown.now(1))
  running = servePart(part, settings, log, { stopping: stopping.signal })
  const started = await running.catch((error: unknown) => {
    // Whoever has stopped it in the middle of the start knows.
    if (!stopping.signal.aborted) throw error
  })
  if (!started) return
  const { addresses, administrator, ownServices = [] } = started
  if (administrator?.newPassword !== undefined) {
    const { username, newPassword, file } = administrator
    process.stdout.write(`administrator ${username}, password ${newPassword}, kept in ${file}\n`)
  }
  for (const [name, url] of Object.entries(addresses)) process.stdout.write(`${name} listens on ${url}\n`)
  if (ownServices.length > 0) process.stdout.write(`services of your own:\n${overviewOf(ownServices)}\n`)
  reportWorking()
}
