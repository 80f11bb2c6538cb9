import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ground } from './sides.ts'
import { type Running, running, urlOf } from './running.ts'
import { told } from './sides.ts'

/** What a gateway holds once what it can forget was forgotten. */
export interface Memory {
  readonly rssMb: number
  readonly heapMb: number
  /** Connections of clients. */
  readonly open: number
  /** Calls that are with the service. */
  readonly heldUpstream: number
}

/** Our gateway before the upstream, which can be asked for its memory. */
export async function startOurs(ground: Ground): Promise<Running & { readonly child: ChildProcess }> {
  const child = fork(new URL('sides/ours.ts', import.meta.url), [JSON.stringify(told(ground))], {
    execArgv: ['--expose-gc'],
  })
  return { ...(await running(child, await urlOf(child), 'first')), child }
}

export async function askMemory(child: ChildProcess): Promise<Memory> {
  // Connections that were closed last are let go of.
  await sleep(500)
  const answered = once(child, 'message')
  child.send('memory')
  const [memory]: Memory[] = await answered
  if (!memory) throw new Error('nothing was said of the memory')
  return memory
}
