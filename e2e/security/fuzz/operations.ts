import { readdirSync, readFileSync } from 'node:fs'
import { listOf, objectOf } from '../../support/http.ts'

/** A parameter of an operation, as its document describes it. */
export interface Parameter {
  readonly name: string
  readonly place: string
  readonly schema: unknown
}

/** One operation that is on a door, as the committed OpenAPI documents describe it. */
export interface Operation {
  readonly service: string
  readonly name: string
  readonly door: 'public' | 'admin'
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** The schemas of its body by media type; none where it takes no body. */
  readonly bodies: readonly { readonly mediaType: string; readonly schema: unknown }[]
  /** The names of the credentials that it takes. */
  readonly credentials: readonly string[]
  /** Whether it is for administrators alone. */
  readonly isForAdministrators: boolean
  /** The words that it refuses in. */
  readonly dialect: string
}

const folder = new URL('../../../contracts/openapi/', import.meta.url)

/** All operations that clients can reach. */
export function readOperations(): Operation[] {
  return readdirSync(folder).flatMap((file) => {
    const document = objectOf(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
    return Object.entries(objectOf(document['paths'])).flatMap(([path, methods]) =>
      Object.entries(objectOf(methods)).flatMap(([method, operation]) => {
        const read = readOperation(objectOf(operation))
        return read ? [{ service: file.replace('.json', ''), method: method.toUpperCase(), path, ...read }] : []
      }),
    )
  })
}

function readOperation(operation: Record<string, unknown>): Omit<Operation, 'service' | 'method' | 'path'> | undefined {
  const { operationId, parameters, requestBody, security = [] } = operation
  const door = operation['x-door']
  if (door !== 'public' && door !== 'admin') return undefined
  const bodies = requestBody === undefined ? {} : objectOf(objectOf(requestBody)['content'])
  return {
    name: String(operationId),
    door,
    parameters: listOf(parameters).map(({ name, in: place, schema }) => ({
      name: String(name),
      place: String(place),
      schema,
    })),
    bodies: Object.entries(bodies).map(([mediaType, body]) => ({ mediaType, schema: objectOf(body)['schema'] })),
    credentials: listOf(security).flatMap((way) => Object.keys(way)),
    isForAdministrators: operation['x-role'] === 'admin',
    dialect: String(operation['x-dialect']),
  }
}
