import { Type } from 'typebox'
import { anyone } from '../access.ts'
import { problemDetails } from '../dialects/problem-details.ts'
import { fileContent } from '../files.ts'
import { route, type Surface } from '../route.ts'

/** Where the pages that describe the services are, on each door. */
export const apiPagesPaths = { public: '/docs', admin: '/admin/docs' } as const

/** What pages are made of changes only with its name: a year, in seconds. */
export const pageFilesMaxAgeSeconds = 31_536_000

const html = fileContent(['text/html'])
const json = fileContent(['application/json'])
const named = { params: Type.Object({ service: Type.String() }) }
const conditional = { headers: Type.Object({ 'if-none-match': Type.Optional(Type.String({ maxLength: 1000 })) }) }
const replies = { 200: html, 304: Type.Null() }

const files = {
  method: 'GET',
  access: anyone,
  summary: 'What the pages are made of',
  params: Type.Object({ version: Type.String(), file: Type.String() }),
  replies: { 200: fileContent(['text/css', 'text/javascript']) },
} as const
const pages = { method: 'GET', access: anyone, ...conditional, replies } as const
const documents = { ...pages, replies: { 200: json, 304: Type.Null() } } as const

const { public: open, admin } = apiPagesPaths

export const apiPageOfPictures = route({
  ...pages,
  name: 'apiPageOfPictures',
  summary: 'A page about the service of pictures, as its clients know it',
  path: open,
  door: 'public',
})

export const apiPage = route({
  ...pages,
  ...named,
  name: 'apiPage',
  summary: 'A page about the operations of a service',
  path: `${open}/:service`,
  door: 'public',
})

export const apiDocument = route({
  ...documents,
  ...named,
  name: 'apiDocument',
  summary: 'The operations of a service as an OpenAPI document',
  path: `${open}/:service/openapi.json`,
  door: 'public',
})

export const apiPageFile = route({
  ...files,
  name: 'apiPageFile',
  path: `${open}/files/:version/:file`,
  door: 'public',
})

export const apiPageOnAdminDoor = route({
  ...pages,
  ...named,
  name: 'apiPageOnAdminDoor',
  summary: 'A page about what administrators can do at a service',
  path: `${admin}/:service`,
  door: 'admin',
})

export const apiIndexOnAdminDoor = route({
  ...pages,
  name: 'apiIndexOnAdminDoor',
  summary: 'A page that leads to those of the services',
  path: admin,
  door: 'admin',
})

export const apiDocumentOnAdminDoor = route({
  ...documents,
  ...named,
  name: 'apiDocumentOnAdminDoor',
  summary: 'What administrators can do at a service, as an OpenAPI document',
  path: `${admin}/:service/openapi.json`,
  door: 'admin',
})

export const apiPageFileOnAdminDoor = route({
  ...files,
  name: 'apiPageFileOnAdminDoor',
  path: `${admin}/files/:version/:file`,
  door: 'admin',
})

export const swaggerDocument = route({
  ...documents,
  name: 'swaggerDocument',
  summary: 'The service of pictures, as its clients know it, as an OpenAPI document',
  path: '/swagger.json',
  door: 'public',
})

const surface = (name: string, prefixes: Surface['prefixes'], routes: Surface['routes']): Surface => ({
  name: `gateway.${name}`,
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes,
  forbidden: {},
  routes,
})

export const apiPages = surface('api-pages', apiPagesPaths, [
  apiPageOfPictures,
  apiPage,
  apiDocument,
  apiPageFile,
  apiIndexOnAdminDoor,
  apiPageOnAdminDoor,
  apiDocumentOnAdminDoor,
  apiPageFileOnAdminDoor,
])

/** Where the clients of the service of pictures look for its description (pictures S-6). */
export const swagger = surface('swagger', { public: swaggerDocument.path }, [swaggerDocument])
