import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedPostgres, toUrl } from '@sallyport/database'
import { copyInstallation, makeDataDirectory } from './data-directory.ts'
import { freePort } from './free-port.ts'
import { launch, type Launched } from './program.ts'

export const serviceNames = ['identity', 'wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const
export type ServiceName = (typeof serviceNames)[number]
export const partNames = [...serviceNames, 'gateway'] as const
export type PartName = (typeof partNames)[number]

/** Every part as a process of its own, on databases named by their addresses. */
export interface Parts {
  readonly dataDirectory: string
  /** The doors of the gateway. */
  readonly door: string
  readonly adminDoor: string
  /** The port of a part's own. */
  urlOf(part: PartName): string
  environment(part: PartName): Record<string, string>
  /**
   * Starts a part, again or once more, and returns what it listens on by name. One more needs a `SALLYPORT_INSTANCE` and
   * a `SALLYPORT_PORT` of its own among its settings.
   */
  serve(part: PartName, settings?: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>
  end(part: PartName, signal: NodeJS.Signals): Promise<void>
  /** Ends everything and removes what was written. */
  stop(): Promise<void>
}

export const administratorPassword = 'Front-Door-8180!'
const startLimitMs = 90_000

export interface PartsOptions {
  /** An installation whose databases are copied; without one each part makes its own tables. */
  readonly template?: string
  /** Settings of every part. */
  readonly settings?: Readonly<Record<string, string>>
}

/** @param needed the services that are started; the others have an address where nobody is */
export async function startParts(
  needed: readonly ServiceName[] = serviceNames,
  { template, settings: common = {} }: PartsOptions = {},
): Promise<Parts> {
  const postgresDirectory = await (template === undefined ? makeDataDirectory() : copyInstallation(template))
  const dataDirectory = await makeDataDirectory()
  const postgres = await startEmbeddedPostgres({ dataDirectory: postgresDirectory, settings: { fsync: 'off' } })
  await postgres.ensureServices([...partNames])
  // The parts call one another, so their addresses have to be known before they start.
  const ports = new Map<string, number>()
  for (const name of partNames) ports.set(name, await freePort())
  const running = new Map<string, Launched>()
  const urlOf = (part: PartName): string => `http://127.0.0.1:${ports.get(part)}`

  const environment = (part: PartName): Record<string, string> => ({
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_URL: 'http://sallyport.test',
    SALLYPORT_PUBLIC_PORT: '0',
    SALLYPORT_ADMIN_PORT: '0',
    SALLYPORT_ADMIN_PASSWORD: administratorPassword,
    // Enrollment calls the gateway and nobody else (enrollment E-9).
    ...Object.fromEntries(
      (part === 'enrollment' ? (['gateway'] as const) : partNames).map((name) => [
        `SALLYPORT_URL_${name.toUpperCase()}`,
        urlOf(name),
      ]),
    ),
    SALLYPORT_PORT: String(ports.get(part)),
    [`DATABASE_URL_${part.toUpperCase()}`]: toUrl(postgres.connection(part, 'service')),
    [`DATABASE_URL_${part.toUpperCase()}_OWNER`]: toUrl(postgres.connection(part, 'owner')),
  })

  const serve: Parts['serve'] = async (part, settings = {}) => {
    const launched = launch(['serve', part], { ...environment(part), ...common, ...settings })
    running.set(`${part} ${settings['SALLYPORT_INSTANCE'] ?? ''}`, launched)
    return addressesOf(launched, part === 'gateway' ? ['public', 'admin'] : [part])
  }

  const stop = async (): Promise<void> => {
    for (const part of running.values()) await part.end('SIGTERM')
    await postgres.stop()
    for (const directory of [postgresDirectory, dataDirectory]) await rm(directory, { recursive: true, force: true })
  }

  const start = async (): Promise<Pick<Parts, 'door' | 'adminDoor'>> => {
    await Promise.all(needed.map((name) => serve(name)))
    const { public: door = '', admin: adminDoor = '' } = await serve('gateway')
    await Promise.all([adminDoor, ...needed.map(urlOf)].map(untilTold))
    return { door, adminDoor }
  }
  const doors = await start().catch(async (error: unknown) => {
    // What did start would be in the way of other tests.
    await stop()
    throw error
  })

  return {
    dataDirectory,
    ...doors,
    urlOf,
    environment,
    serve,
    async end(part, signal) {
      await running.get(`${part} `)?.end(signal)
    },
    stop,
  }
}

/**
 * Waits until a part that has just started was told what is revoked: until then it answers 503 to whoever is signed in.
 *
 * @param url its own port, or a door of the gateway
 */
export async function untilTold(url: string): Promise<void> {
  const deadline = performance.now() + startLimitMs
  for (;;) {
    const answer: unknown = await (await fetch(`${url}/health/ready`)).json()
    const states: Record<string, unknown> = { ...Object(Reflect.get(Object(answer), 'parts')) }
    if (states['revocations'] !== 'lost' && states['gateway.revocations'] !== 'lost') return
    if (performance.now() > deadline) throw new Error(`${url} was not told what is revoked`)
    await sleep(50)
  }
}

/** What a part says it listens on, once it has said all these names. */
export async function addressesOf(launched: Launched, names: readonly string[]): Promise<Record<string, string>> {
  const deadline = performance.now() + startLimitMs
  for (;;) {
    const said = Object.fromEntries(
      [...launched.output().matchAll(/^(\S+) listens on (\S+)$/gm)].map(([, name = '', url = '']) => [name, url]),
    )
    if (names.every((name) => name in said)) return said
    if (launched.process.exitCode !== null || performance.now() > deadline) throw new Error(launched.output())
    await sleep(10)
  }
}
