import type { IncomingMessage, ServerResponse } from 'node:http'
import { readForm } from './interactions/form.ts'
import type { OpenIdProviderParts } from './parts.ts'
import { sendPage } from './sending.ts'

/** What a browser may be sent to by a form as well as by a link (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
const paths: ReadonlySet<string> = new Set(['/auth', '/session/end'])

/** The longest request that fits into an address, in bytes: a server reads 16 KB of headers, and cookies are among them. */
const limitBytes = 8 * 1024

/** Whether a request came by a form that a client had a browser send. The path is the one below the issuer. */
export function isPostedRequest({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && paths.has(url.split('?', 1)[0] ?? '')
}

/**
 * Has the browser ask again by a link. Its cookies do not come with a form of another site (`SameSite=Lax`), and should
 * not: that would need `SameSite=None`, which sends them with whatever any site asks for, and which browsers refuse
 * without https. They come with the link that this answers with. Nothing is decided by the form, so whoever has a browser
 * send one gets no more than by a link to the same place.
 */
export async function answerPostedRequest(
  { issuer, pages }: OpenIdProviderParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = await readForm(request)
  const params = form?.toString() ?? ''
  if (!form || params.length > limitBytes) {
    const failure = { code: 'invalid_request', description: 'a request is a form, of 8 KB at most', status: 400 }
    const languages = { uiLocales: undefined, acceptLanguage: request.headers['accept-language'] }
    return sendPage(response, pages.failed(failure, languages))
  }
  const [path] = (request.url ?? '').split('?', 1)
  response.writeHead(303, { location: `${issuer}${path}?${params}`, 'cache-control': 'no-store' }).end()
}
