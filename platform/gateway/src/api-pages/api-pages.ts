import { type FileContent, gateway, problemDetails, type ServiceContract } from '@sallyport/contracts'
import { handle, type HandledRoute, namesTag, ok, Refusal } from '@sallyport/service'
import { apiDocuments, type ApiDocument, type PagesDoor, spaceFanArt, tagOf } from './api-documents.ts'
import { readPageFiles, type PageFiles } from './page-files.ts'
import { type ApiPage, pageHeaders, renderApiPage } from './page.ts'

const { apiPagesPaths } = gateway

/** Pages about the services behind the doors, each of what is at its own door. They are made when somebody asks for them. */
export function apiPageRoutes(contracts: readonly ServiceContract[]): HandledRoute[] {
  const files = once(readPageFiles)
  const sfa = once(() => spaceFanArt(contracts))
  const open = pagesAt('public', contracts, files)
  const admin = pagesAt('admin', contracts, files)
  const { swaggerDocument } = gateway
  return [
    handle(gateway.apiPageOfPictures, async ({ headers }) =>
      unlessKnown(headers, open.page(sfa().title, swaggerDocument.path, apiPagesPaths.public)),
    ),
    handle(swaggerDocument, async ({ headers }) => unlessKnown(headers, documentAnswer(sfa()))),
    handle(gateway.apiPage, async ({ params, headers }) => unlessKnown(headers, open.pageOf(params.service))),
    handle(gateway.apiDocument, async ({ params, headers }) => unlessKnown(headers, open.documentOf(params.service))),
    handle(gateway.apiPageFile, async ({ params }) => fileAnswer(files(), params)),
    handle(gateway.apiIndexOnAdminDoor, async ({ headers }) =>
      unlessKnown(headers, admin.page('Services', undefined, apiPagesPaths.admin)),
    ),
    handle(gateway.apiPageOnAdminDoor, async ({ params, headers }) =>
      unlessKnown(headers, admin.pageOf(params.service)),
    ),
    handle(gateway.apiDocumentOnAdminDoor, async ({ params, headers }) =>
      unlessKnown(headers, admin.documentOf(params.service)),
    ),
    handle(gateway.apiPageFileOnAdminDoor, async ({ params }) => fileAnswer(files(), params)),
  ]
}

/** An answer that is sent again only to who does not have it. */
interface Cached {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

function pagesAt(door: PagesDoor, contracts: readonly ServiceContract[], files: () => PageFiles) {
  const documents = apiDocuments(contracts, door)
  const base = apiPagesPaths[door]
  const index = { path: base, title: door === 'public' ? 'Space Fan Art' : 'Services' }
  const links = [index, ...Array.from(documents.titles, ([name, title]) => ({ path: `${base}/${name}`, title }))]
  const page = (title: string, document: string | undefined, here: string): Cached => {
    const shown: ApiPage = {
      title,
      ...(document !== undefined && { document }),
      links: links.map((link) => ({ ...link, isHere: link.path === here })),
      files: `${base}/files/${files().version}`,
    }
    const bytes = Buffer.from(renderApiPage(shown))
    return { bytes, mediaType: 'text/html; charset=utf-8', etag: tagOf(bytes), headers: pageHeaders }
  }
  return {
    page,
    /** @throws {Refusal} */
    pageOf(service: string): Cached {
      const title = documents.titles.get(service)
      if (title === undefined) throw new Refusal(problemDetails.notFound())
      return page(title, `${base}/${service}/openapi.json`, `${base}/${service}`)
    },
    /** @throws {Refusal} */
    documentOf(service: string): Cached {
      const document = documents.of(service)
      if (!document) throw new Refusal(problemDetails.notFound())
      return documentAnswer(document)
    },
  }
}

function documentAnswer({ bytes, etag }: ApiDocument): Cached {
  return { bytes, etag, mediaType: 'application/json', headers: {} }
}

function unlessKnown({ 'if-none-match': known }: { 'if-none-match'?: string }, answer: Cached) {
  const { bytes, mediaType, etag } = answer
  const headers = { 'cache-control': 'no-cache', etag, ...answer.headers }
  if (namesTag(known, etag)) return { status: 304, body: null, headers } as const
  const body: FileContent = { mediaType, size: bytes.length, content: bytes }
  return ok(body, headers)
}

function fileAnswer(files: PageFiles, { version, file }: { readonly version: string; readonly file: string }) {
  const content = files.open(version, file)
  if (!content) throw new Refusal(problemDetails.notFound())
  return ok(content, { 'cache-control': `public, max-age=${gateway.pageFilesMaxAgeSeconds}, immutable` })
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
