import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface Addresses {
  readonly public: string
  readonly admin: string
}

/** The program under test, as an operator starts it: a process of its own. */
export interface Program {
  readonly addresses: Addresses
  readonly pid: number
  /** Everything it has written. */
  readonly output: () => string
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>
  /** `kill -9`, to the program alone. */
  kill(): Promise<void>
}

const bin = fileURLToPath(new URL('../../sallyport/bin/sallyport.js', import.meta.url))
const startLimitMs = 90_000

/** Starts the program on free ports and waits until its doors are open. */
export async function startProgram(
  dataDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const child = launch(['start'], {
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_PORT: '0',
    SALLYPORT_ADMIN_PORT: '0',
    ...environment,
  })
  try {
    await untilOpen(child)
  } catch (error) {
    await child.end('SIGINT')
    throw error
  }
  const addresses = parseAddresses(await readFile(join(dataDirectory, 'addresses.json'), 'utf8'))
  return {
    addresses,
    pid: child.process.pid ?? 0,
    output: child.output,
    stop: () => child.end('SIGINT'),
    kill: async () => void (await child.end('SIGKILL')),
  }
}

/** Waits until the doors of a program that was launched are open. */
export async function untilOpen(launched: Launched, limitMs = startLimitMs): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!launched.output().includes('Sallyport is open')) {
    if (hasEnded(launched)) throw new Error(`the program ended at its start:\n${launched.output()}`)
    if (performance.now() > deadline) throw new Error(`the program does not start:\n${launched.output()}`)
    await sleep(20)
  }
}

export function hasEnded({ process: { exitCode, signalCode } }: Launched): boolean {
  return exitCode !== null || signalCode !== null
}

export interface Launched {
  readonly process: ChildProcess
  readonly output: () => string
  end(signal: NodeJS.Signals): Promise<number | null>
  /** Resolves with the exit code when the program ends by itself. */
  ended(): Promise<number | null>
}

/** Runs the program with these arguments; nothing of this process's own settings gets in. */
export function launch(args: readonly string[], environment: Readonly<Record<string, string>>): Launched {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:SALLYPORT_|DATABASE_URL_|VITEST|NODE_ENV)/.test(name)),
  )
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const note = (chunk: Buffer): void => void (output += chunk.toString())
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return {
    process: child,
    output: () => output,
    ended: () => exit,
    end(signal) {
      child.kill(signal)
      return exit
    },
  }
}

function parseAddresses(text: string): Addresses {
  const addresses: Record<string, unknown> = JSON.parse(text)
  const { public: publicDoor, admin } = addresses
  if (typeof publicDoor !== 'string' || typeof admin !== 'string') throw new TypeError('addresses.json names no doors')
  return { public: publicDoor, admin }
}
