import type { Action } from '../cluster/actions.ts'
import { askForStatus, type MemberStatus, order } from '../cluster/control.ts'
import { type OpenCluster, startCluster } from '../cluster/cluster.ts'
import { readInstances } from '../cluster/instances.ts'
import { usualStandbys } from '../cluster/plan.ts'
import type { Settings } from '../settings/settings.ts'
import { createLog } from './log.ts'
import { stopOnSignals } from './shutdown.ts'

/** `sallyport cluster`: every part as a process of its own, until a signal ends all of them. */
export async function runCluster(
  settings: Settings,
  { instances, standbys }: { readonly instances: readonly string[]; readonly standbys?: number },
): Promise<void> {
  const cluster = startCluster({
    instances: readInstances(instances),
    standbys: standbys ?? (settings.standbys || usualStandbys),
    settings,
    environment: process.env,
    write: say,
    onProgress: (step) => say(`… ${step}`),
  })
  let stopping = false
  const stop = (): Promise<void> => {
    stopping = true
    return cluster.stop()
  }
  stopOnSignals(stop, createLog(settings), stopLimitMs)
  try {
    say(greeting(await cluster.opened, settings))
  } catch (error) {
    // Whoever has stopped it in the middle of the start knows.
    if (!stopping) throw error
  }
}

/** The databases are stopped last, and in order. */
const stopLimitMs = 40_000

/** `sallyport cluster status` */
export async function showCluster({ dataDirectory }: Settings, { json }: { readonly json: boolean }): Promise<void> {
  show(await askForStatus(dataDirectory), json)
}

/** `sallyport cluster stop NAME` and the like: waits until it is done, and shows how all of them are. */
export async function moveMember({ dataDirectory }: Settings, action: Action, name: string): Promise<void> {
  show(await order(dataDirectory, action, name), false)
}

function show(members: readonly MemberStatus[], json: boolean): void {
  if (json) {
    say(JSON.stringify({ members }))
    return
  }
  const width = Math.max(...members.map(({ name }) => name.length))
  for (const { name, state, url, pid } of members) {
    say(`${name.padEnd(width)}  ${state.padEnd(8)}  ${pid === null ? '-'.padEnd(7) : String(pid).padEnd(7)}  ${url}`)
  }
}

function greeting({ addresses, members }: OpenCluster, { dataDirectory }: Settings): string {
  const width = Math.max(...members.map(({ name }) => name.length))
  const list = members.map(({ name, url, pid }) => `  ${name.padEnd(width)}  ${String(pid).padEnd(7)}  ${url}`)
  return `
Sallyport is open, as ${members.length} processes.

  public door    ${addresses.public}
  admin door     ${addresses.admin}
  data           ${dataDirectory}

${list.join('\n')}

In another terminal, with the same SALLYPORT_DATA:

  npx sallyport cluster status
  npx sallyport cluster stop enrollment.2
  npx sallyport cluster start enrollment.2

Ctrl-C stops everything.`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
