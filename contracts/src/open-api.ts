import type { Access } from './access.ts'
import { IsObject, IsOptional, type TObject, type TSchema } from 'typebox'
import { isEventStream } from './event-stream.ts'
import { fileTypesOf, hasFile } from './files.ts'
import type { Door, Route, ServiceContract, Surface } from './route.ts'

/** The OpenAPI 3.1 description of a service, made of nothing but its contract. */
export function describeService({ title, surfaces }: ServiceContract): Record<string, unknown> {
  return describeSurfaces(surfaces, { title: `Sallyport ${title}`, version: '1' })
}

/** The OpenAPI 3.1 description of some surfaces; with a door, of what is on it. */
export function describeSurfaces(
  surfaces: readonly Surface[],
  info: { readonly title: string; readonly version: string },
  door?: Door,
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const credentials = new Set<string>()
  for (const surface of surfaces) {
    for (const route of surface.routes) {
      if (door !== undefined && route.door !== door) continue
      const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route, surface) }
      for (const way of securityOf(route.access, surface)) for (const name of Object.keys(way)) credentials.add(name)
    }
  }
  return {
    openapi: '3.1.1',
    info,
    paths,
    components: {
      securitySchemes: Object.fromEntries(Object.entries(securitySchemes).filter(([name]) => credentials.has(name))),
    },
  }
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  accessToken: { type: 'apiKey', in: 'header', name: 'x-access-token', description: 'a token, by itself' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
  service: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'a token that another service signed with its own key, at most 60 seconds old',
  },
}

function describeRoute(route: Route, surface: Surface): Record<string, unknown> {
  const body = describeBody(route)
  return {
    operationId: route.name,
    summary: route.summary,
    tags: [surface.name],
    'x-door': route.door,
    'x-dialect': surface.dialect.name,
    ...(route.aliases && { 'x-aliases': route.aliases }),
    ...(route.access.who !== 'anyone' && {
      security: securityOf(route.access, surface),
    }),
    ...(route.access.who === 'account' && route.access.role && { 'x-role': route.access.role }),
    ...(route.access.who === 'account' && route.access.roles && { 'x-roles': route.access.roles }),
    parameters: [
      ...describeParameters(route.params, 'path'),
      ...describeParameters(route.query, 'query'),
      ...describeParameters(route.headers, 'header'),
    ],
    ...(body && { requestBody: body }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.replies).map(([status, schema]) => [
          status,
          {
            description: route.summary,
            content: Object.fromEntries(
              mediaTypesOf(schema).map((type) => [
                type,
                { schema: status === '200' ? asSigned(schema, route) : schema },
              ]),
            ),
          },
        ]),
      ),
      ...(isCounted(route, surface) && { 429: tooManyRequests }),
      default: { description: `A refusal in the words of ${surface.dialect.name}` },
    },
  }
}

/** What the answer comes as; a file as whatever it is. */
function mediaTypesOf(schema: TSchema): readonly string[] {
  return fileTypesOf(schema) ?? [isEventStream(schema) ? 'text/event-stream' : 'application/json']
}

const seconds = { schema: { type: 'integer', minimum: 1 } }
const tooManyRequests = {
  description: 'More calls than a quota allows',
  headers: { 'Retry-After': { ...seconds, description: 'after so many seconds it may be tried again' } },
}

function isCounted(route: Route, surface: Surface): boolean {
  return [...(surface.quotas ?? []), ...(route.quotas ?? [])].length > 0
}

/** What a client sees, for whom tokens stand in the place of claims. */
function asSigned(schema: TSchema, { signs }: Route): TSchema {
  if (!signs || !IsObject(schema)) return schema
  const token = { type: 'string', description: 'a JWT that the gateway signed' }
  return {
    ...schema,
    properties: { ...schema.properties, ...Object.fromEntries(signs.members.map((name) => [name, token])) },
  }
}

function describeParameters(
  schema: TObject | undefined,
  place: 'path' | 'query' | 'header',
): Record<string, unknown>[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || !IsOptional(property),
    schema: property,
  }))
}

function describeBody(route: Route): Record<string, unknown> | undefined {
  if (route.form) {
    const content = { schema: route.form }
    if (hasFile(route.form)) return { required: true, content: { 'multipart/form-data': content } }
    return {
      required: true,
      content: { 'application/x-www-form-urlencoded': content, 'multipart/form-data': content },
    }
  }
  if (!route.body) return undefined
  return {
    required: !IsObject(route.body) || Object.values(route.body.properties).some((property) => !IsOptional(property)),
    content: { 'application/json': { schema: route.body } },
  }
}

/** The ways to be let in; none where anybody is. */
function securityOf(access: Access, { credential }: Surface): Record<string, string[]>[] {
  if (access.who === 'anyone') return []
  if (access.who === 'service') return [{ service: [] }]
  const token = credential === 'x-access-token' ? { accessToken: [] } : { bearer: [] }
  // Also without any.
  if (access.who === 'visitor') return [{}, token]
  return access.scope === undefined ? [token] : [token, { apiKey: [access.scope] }]
}
