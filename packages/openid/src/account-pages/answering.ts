import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import { csrfTokenOf, isCsrfTokenOf, isSameOrigin } from '../interactions/csrf.ts'
import { readForm } from '../interactions/form.ts'
import type { OpenIdProviderParts } from '../parts.ts'
import { seeOther, sendDownload, sendPage } from '../sending.ts'
import type { AccountPage, AccountPages, Visit } from './account-page.ts'
import { freshMs } from './freshness.ts'
import { returnPath, signInAddress, wantedPage } from './sign-in-request.ts'
import { type BrowserVisitor, visitorOf } from './visitor.ts'

/** Whether a path below the issuer is one of the pages, or would be. */
export function isAccountPath({ place }: AccountPages, path: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

/**
 * Answers a request for a page. Whoever is not signed in, or not freshly where that is asked for, is sent to sign in and
 * comes back to the page; what they had filled in is lost.
 */
export async function answerAccountPage(
  provider: Provider,
  parts: OpenIdProviderParts,
  account: AccountPages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { issuer, sessions, clock, cookieSecrets } = parts
  const { place, pages } = account
  const languages = { uiLocales: undefined, acceptLanguage: request.headers['accept-language'] }
  const { pathname, searchParams } = new URL(request.url ?? '', issuer)
  const path = pathname.slice(place.length)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const locate = (other: string): string => new URL(issuer).pathname + place + other

  if (path === returnPath && method === 'GET') {
    const wanted = locate(wantedPage(account, searchParams.get('state')))
    if (!searchParams.has('error')) return seeOther(response, wanted)
    return sendPage(response, account.notSignedIn(wanted, languages))
  }
  const there = pages.filter((page) => page.path === path)
  if (there.length === 0) return sendPage(response, account.unknown(languages))
  const page = there.find((one) => one.method === method)
  if (!page) {
    response.writeHead(405, { allow: there.map(({ method: known }) => known).join(', ') }).end()
    return
  }

  const form = method === 'POST' ? await readForm(request) : undefined
  const mayCome = method === 'GET' || (form && isSameOrigin(request.headers, new URL(issuer).origin))
  if (!mayCome) return sendPage(response, account.refused(languages))
  const visitor = await visitorOf(provider, sessions, request, response)
  if (!visitor || !isFreshEnough(page, visitor, clock.now())) {
    return seeOther(response, signInAddress(provider, account, path, { anew: visitor !== undefined }))
  }
  const subject = `account ${visitor.browserSession}`
  if (form && !isCsrfTokenOf(cookieSecrets, subject, form.get('csrf') ?? '')) {
    return sendPage(response, account.refused(languages))
  }
  const address = request.headers['x-forwarded-for']
  const visit: Visit = {
    visitor,
    action: locate(path),
    csrf: csrfTokenOf(cookieSecrets[0] ?? '', subject),
    languages,
    address: typeof address === 'string' ? address : '',
    locate,
  }
  const answer = await page.answer(visit, form ?? searchParams)
  if ('seeOther' in answer) seeOther(response, locate(answer.seeOther))
  else if ('download' in answer) sendDownload(response, answer)
  else sendPage(response, answer)
}

function isFreshEnough({ fresh = false }: AccountPage, { signedInAt }: BrowserVisitor, now: Date): boolean {
  return !fresh || now.getTime() - signedInAt.getTime() < freshMs
}
