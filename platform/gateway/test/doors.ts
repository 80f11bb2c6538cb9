import type { IncomingMessage, RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '@sallyport/kernel'
import { emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import type { Dispatcher } from '../src/dispatch/dispatcher.ts'
import { inProcessDispatcher } from '../src/dispatch/in-process.ts'
import { createGateway, type Gateway, type GatewayOptions, type GatewayParts } from '../src/gateway.ts'
import { authentication, countingAlone, publicOrigin, shop } from './support.ts'

const opened = new Set<Gateway>()
const forgetting: (() => void)[] = []

/** For the end of each file: this module is there for several of them. */
export async function closeDoors(): Promise<void> {
  for (const forget of forgetting) forget()
  const all = [...opened]
  opened.clear()
  for (const gateway of all) await gateway.close(0)
}

/** Makes something with doors when it is asked for it, and another one in the next file. */
export function onceInFile<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let made: Promise<Thing> | undefined
  forgetting.push(() => (made = undefined))
  return () => (made ??= make())
}

/** Doors with a service behind them, which are closed when the file is done. */
export async function openDoors(
  dispatcher: Dispatcher,
  options: Partial<GatewayOptions & GatewayParts> = {},
): Promise<Gateway> {
  const made = await createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: 0, ...options })
  made.open({
    trustedProxies: [],
    contracts: [shop],
    dispatchers: new Map([['shop', dispatcher]]),
    authentication,
    keys: { sign: async () => Promise.reject(new Error('nothing is signed here')) },
    credentialFor: (service) => `gateway at ${service}`,
    keyIssuer: {
      exchange: async () => 'unknown',
      admitGuest: async () => Promise.reject(new Error('there are no guests here')),
      recordUses: async () => undefined,
    },
    quotas: countingAlone(),
    tokens: { tokenFor: ({ username }, audience) => `${username} at ${audience}` },
    otherIssuers: new Map(),
    clock: systemClock,
    readiness: async () => ({ shop: 'ready' }),
    metrics: emptyMetrics(),
    log: pino({ level: 'silent' }),
    publicOrigin,
    ...options,
  })
  const gateway: Gateway = {
    ...made,
    close(graceMs) {
      opened.delete(gateway)
      return made.close(graceMs)
    },
  }
  opened.add(gateway)
  return gateway
}

/** A service of the same process, and what has reached it. */
export function witness(answer: RequestListener = (_request, response) => response.end('{}')) {
  const seen: IncomingMessage[] = []
  const dispatcher = inProcessDispatcher({
    handle: (request, response) => {
      seen.push(request)
      answer(request, response)
    },
  })
  return { dispatcher, seen }
}

/** A connection on which a test writes what it likes. */
export interface RawConnection {
  readonly socket: Socket
  /** Everything that has come. */
  text(): string
  /** Everything that came until the connection was closed by the other side, and after how many milliseconds. */
  closed(): Promise<{ text: string; afterMs: number }>
  /** Waits until this has come. */
  until(pattern: RegExp): Promise<string>
}

export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const began = performance.now()
  const socket = connect({ host: hostname, port: Number(port) })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return watch(socket, began)
}

export function watch(socket: Socket, began = performance.now()): RawConnection {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  // A connection that is cut is an answer too.
  socket.on('error', () => undefined)
  const closed = new Promise<{ text: string; afterMs: number }>((resolve) =>
    socket.once('close', () => resolve({ text, afterMs: performance.now() - began })),
  )
  return {
    socket,
    text: () => text,
    closed: () => closed,
    async until(pattern) {
      const limit = performance.now() + 20_000
      while (!pattern.test(text)) {
        if (performance.now() > limit) throw new Error(`not within 20 s: ${pattern} in ${JSON.stringify(text)}`)
        await sleep(5)
      }
      return text
    },
  }
}

/** Sends bytes as they are and reads until the door closes. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const connection = await rawConnection(url)
  connection.socket.write(bytes, 'latin1')
  return (await connection.closed()).text
}

/**
 * So many milliseconds, in many small steps: where everything in this process was held up for a moment, what is due comes
 * before their end all the same.
 */
export async function inSteps(ms: number): Promise<void> {
  const stepMs = 10
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) await sleep(stepMs, undefined, { ref: false })
}

/** The statuses of the answers in what came over one connection. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
