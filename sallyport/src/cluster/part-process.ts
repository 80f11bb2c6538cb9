import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PartName } from '../settings/parts.ts'
import { createBackOff } from './back-off.ts'
import { type Member, MemberFailed, type MemberState } from './member.ts'
import { passOn } from './named-output.ts'
import { damagedCopyIn, isWorking } from './part-messages.ts'

export interface PartProcessOptions {
  readonly name: string
  readonly part: PartName
  readonly url: string
  readonly environment: Readonly<Record<string, string>>
  /** Told every line that the process writes. */
  readonly write: (line: string) => void
  /** Told whenever its state changes. */
  readonly onChange: () => void
  /** Told of a copy of the database whose files the part has found damaged. */
  readonly onDamage: (copy: string) => void
}

const bin = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))
/** A part that has not come to work by then is ended and started again. */
const startLimitMs = 60_000
/** A part ends by itself within less; one that hangs is killed. */
const stopLimitMs = 6000

/** A part of the platform as a process of its own, which is started again when it ends by itself. */
export function partProcess(options: PartProcessOptions): Member {
  const { name, part, url, environment, write, onChange, onDamage } = options
  const backOff = createBackOff()
  let state: MemberState = 'stopped'
  let child: ChildProcess | undefined
  let restart: NodeJS.Timeout | undefined
  let starting = Promise.withResolvers<void>()
  let ended: Promise<void> = Promise.resolve()

  function become(next: MemberState): void {
    state = next
    onChange()
  }

  function launch(): void {
    const began = performance.now()
    const started = spawn(process.execPath, [bin, 'serve', part], {
      env: { ...environment },
      // Of a Ctrl-C in the terminal the cluster alone hears, and ends all of them in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = started
    become('starting')
    for (const output of [started.stdout, started.stderr]) if (output) passOn(output, name, write)
    const late = setTimeout(() => started.kill('SIGKILL'), startLimitMs)
    started.on('message', (message) => {
      const damaged = damagedCopyIn(message)
      if (damaged !== undefined) onDamage(damaged)
      // One that is told to stop in the middle of its start may still come to work before it hears of it.
      if (!isWorking(message) || state !== 'starting') return
      clearTimeout(late)
      become('running')
      starting.resolve()
    })
    started.on('error', (error) => write(`${name} | cannot be started: ${error.message}`))
    ended = new Promise((resolve) => {
      started.once('close', (code, signal) => {
        clearTimeout(late)
        child = undefined
        resolve()
        if (state === 'stopping') {
          starting.reject(new MemberFailed(`${name} was stopped`))
          become('stopped')
        } else comeBack(signal ?? `code ${code}`, performance.now() - began)
      })
    })
  }

  function comeBack(how: string, ranMs: number): void {
    const delayMs = backOff.next(ranMs)
    write(`${name} | ended by itself (${how}) and is started again in ${delayMs / 1000} s`)
    starting.reject(
      new MemberFailed(`${name} ended at its start (${how}); what it said is in the output of the cluster`),
    )
    starting = newStart()
    restart = setTimeout(launch, delayMs)
    become('waiting')
  }

  return {
    name,
    url,
    get state() {
      return state
    },
    get pid() {
      return child?.pid
    },
    async start() {
      if (state === 'running') return
      if (state === 'stopping') await ended
      // Those who wait for the same start have not begun another one.
      if (state !== 'starting') {
        clearTimeout(restart)
        starting = newStart()
        launch()
      }
      await starting.promise
    },
    async stop() {
      clearTimeout(restart)
      if (!child) {
        if (state !== 'stopped') become('stopped')
        return
      }
      become('stopping')
      const running = child
      running.kill('SIGTERM')
      // One that was suspended hears nothing until it goes on.
      running.kill('SIGCONT')
      const late = setTimeout(() => running.kill('SIGKILL'), stopLimitMs)
      await ended
      clearTimeout(late)
    },
  }
}

/** Whether it comes to work may interest nobody. */
function newStart(): PromiseWithResolvers<void> {
  const start = Promise.withResolvers<void>()
  start.promise.catch(() => undefined)
  return start
}
