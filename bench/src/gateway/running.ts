import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { portFinder } from '@sallyport/kernel'
import { type Cores, pin } from '../cores.ts'

/** Something that answers HTTP, in a process of its own. */
export interface Running {
  readonly url: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Starts one of the modules in `sides/`, which is told this and tells where it listens. */
export async function startNode(module: string, options: object, cores: Cores): Promise<Running> {
  const child = fork(new URL(`sides/${module}.ts`, import.meta.url), [JSON.stringify(options)])
  return running(child, await urlOf(child), cores)
}

/** What a module says first is where it listens. */
export function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (said) => resolve(typeof said === 'string' ? said : ''))
    child.once('exit', () => reject(new Error('a side did not start')))
  })
}

/** Starts a program that was told to listen on this port. */
export async function startProgram(command: string, args: readonly string[], port: number, cores: Cores) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await accepts(port, child)
  return running(child, `http://127.0.0.1:${port}`, cores)
}

/** Keeps a process that answers already to its cores. */
export async function running(child: ChildProcess, url: string, cores: Cores): Promise<Running> {
  const { pid } = child
  if (pid === undefined) throw new Error('there is no process')
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  try {
    await pin(pid, cores)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pids: [pid], stop }
}

/** A port that nobody listens on, each time another one. */
export const freePort = portFinder(`benchmark of process ${process.pid}`)

async function accepts(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    const socket = connect({ host: '127.0.0.1', port })
    const opened = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (opened) return
    await sleep(25)
  }
  throw new Error(`nothing listens on port ${port}`)
}
