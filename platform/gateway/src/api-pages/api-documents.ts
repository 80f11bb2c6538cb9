import { createHash } from 'node:crypto'
import { describeSurfaces, type Door, type ServiceContract, type Surface } from '@sallyport/contracts'

/** The doors that pages are shown at. */
export type PagesDoor = Exclude<Door, 'internal'>

/** What can be called at a door, of a service or of what its clients take for one. */
export interface ApiDocument {
  readonly title: string
  /** OpenAPI, as JSON. */
  readonly bytes: Buffer
  readonly etag: string
}

export interface ApiDocuments {
  /** The services that have anything at a door, by their names, with their titles. */
  readonly titles: ReadonlyMap<string, string>
  of(service: string): ApiDocument | undefined
}

/** The descriptions of the services at a door, each written when it is asked for first. */
export function apiDocuments(contracts: readonly ServiceContract[], door: PagesDoor): ApiDocuments {
  const known = new Map(
    contracts.filter(({ surfaces }) => hasRoutes(surfaces, door)).map((contract) => [contract.name, contract]),
  )
  const written = new Map<string, ApiDocument>()
  return {
    titles: new Map([...known.values()].map(({ name, title }) => [name, title])),
    of(service) {
      const contract = known.get(service)
      if (!contract) return undefined
      const document = written.get(service) ?? write(contract.surfaces, door, { title: contract.title, version: '1' })
      written.set(service, document)
      return document
    },
  }
}

/** What the clients of the service of pictures call, whichever service answers it (pictures S-6). */
export function spaceFanArt(contracts: readonly ServiceContract[]): ApiDocument {
  const surfaces = contracts.flatMap((contract) => contract.surfaces)
  return write(
    surfaces.filter(({ dialect }) => dialect.name === 'pictures'),
    'public',
    { title: 'Space Fan Art (SFA)', version: '1.0.0' },
  )
}

function hasRoutes(surfaces: readonly Surface[], door: PagesDoor): boolean {
  return surfaces.some(({ routes }) => routes.some((route) => route.door === door))
}

function write(surfaces: readonly Surface[], door: PagesDoor, info: { title: string; version: string }): ApiDocument {
  const bytes = Buffer.from(JSON.stringify(describeSurfaces(surfaces, info, door)))
  return { title: info.title, bytes, etag: tagOf(bytes) }
}

export function tagOf(bytes: Buffer | string): string {
  return `"${createHash('sha256').update(bytes).digest('base64url')}"`
}
