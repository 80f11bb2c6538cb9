import { type PartName, partNames } from '../settings/parts.ts'

/** A part that the cluster runs, once or several times. */
export interface PlannedPart {
  /** Such as `enrollment.2`; only where there are several of it, with a number. */
  readonly name: string
  readonly part: PartName
  /** Which of several it is, from 1. */
  readonly instance: number
  readonly port: number
}

/** What every process of the cluster is told alike. */
export interface CommonPlan {
  /** Of the cluster itself; what is about one part alone is left out. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory: string
  readonly publicUrl: string
  /** How the part that owns a database reaches it. */
  readonly databaseUrls: (service: PartName) => Readonly<Record<string, string>>
}

export type Instances = Readonly<Partial<Record<PartName, number>>>

/** Enrollment runs three times (enrollment E-2), everything else once. */
export const usualInstances: Instances = { enrollment: 3 }
export const usualStandbys = 2

/** Every process of the cluster, each with a port of its own; the doors of the gateway are not among them. */
export async function planParts(instances: Instances, freePort: () => Promise<number>): Promise<PlannedPart[]> {
  const planned: PlannedPart[] = []
  for (const part of partNames) {
    const count = instances[part] ?? usualInstances[part] ?? 1
    for (let instance = 1; instance <= count; instance += 1) {
      const name = count === 1 ? part : `${part}.${instance}`
      planned.push({ name, part, instance, port: await freePort() })
    }
  }
  return planned
}

/** Parts reach one another on this machine, whatever the doors listen on (enrollment E-4). */
const partHost = '127.0.0.1'

/** Where a part listens; the gateway has its doors besides. */
export function urlOf({ port }: PlannedPart): string {
  return `http://${partHost}:${port}`
}

/** The settings of one process, as its environment. */
export function environmentOf(
  planned: PlannedPart,
  all: readonly PlannedPart[],
  common: CommonPlan,
): Record<string, string> {
  const { environment, dataDirectory, publicUrl, databaseUrls } = common
  const addresses = new Map<string, string[]>()
  for (const other of all) {
    const name = `SALLYPORT_URL_${other.part.toUpperCase()}`
    addresses.set(name, [...(addresses.get(name) ?? []), urlOf(other)])
  }
  // The databases of the others are none of its business (enrollment E-8).
  const inherited = Object.entries(environment).filter(([name]) => !/^(?:DATABASE_URL_|SALLYPORT_URL_)/.test(name))
  return {
    ...Object.fromEntries(inherited.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    // Every request is to be seen, with who answered it (enrollment E-6).
    SALLYPORT_LOG_LEVEL: environment['SALLYPORT_LOG_LEVEL'] ?? 'info',
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_URL: publicUrl,
    SALLYPORT_PART_HOST: partHost,
    SALLYPORT_INSTANCE: String(planned.instance),
    SALLYPORT_PORT: String(planned.port),
    ...Object.fromEntries([...addresses].map(([name, urls]) => [name, urls.join()])),
    ...databaseUrls(planned.part),
  }
}
