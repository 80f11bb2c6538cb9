import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { destinationOf } from './destination.ts'
import type { OpenIdProviderParts } from './parts.ts'
import type { CodeProblem, Languages, Page, ProviderPages } from './pages.ts'

type Features = NonNullable<Configuration['features']>

/** The features of the provider that show pages. */
export function pageFeatures({ pages }: OpenIdProviderParts): Pick<Features, 'deviceFlow' | 'rpInitiatedLogout'> {
  return {
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, html) => {
        const form = { html, id: 'op.logoutForm' }
        const uri = ctx.oidc.params?.['post_logout_redirect_uri']
        const destination = destinationOf(typeof uri === 'string' ? uri : undefined)
        show(ctx, pages.signOut(form, ctx.oidc.client?.clientName, destination, languagesOf(ctx)))
      },
      postLogoutSuccessSource: (ctx) => show(ctx, pages.signedOut(languagesOf(ctx))),
    },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, html, _out, error) => {
        const { session } = ctx.oidc
        if (error && session?.exp === undefined) {
          // A browser without a session gets one with the form alone: the library fails on keeping it after an error.
          if (session) Reflect.set(session, 'touched', false)
          ctx.status = 303
          ctx.redirect(ctx.oidc.urlFor('code_verification'))
          return
        }
        const question = {
          action: ctx.oidc.urlFor('code_verification'),
          xsrf: /name="xsrf" value="(\w+)"/.exec(html)?.[1] ?? '',
          code: error && 'userCode' in error && typeof error.userCode === 'string' ? error.userCode : '',
          problem: problemOf(error),
        }
        show(ctx, pages.enterCode(question, languagesOf(ctx)))
      },
      userCodeConfirmSource: (ctx, html, client, _device, code) => {
        const form = { html, id: 'op.deviceConfirmForm' }
        show(ctx, pages.confirmCode(form, { client: client.clientName ?? client.clientId, code }, languagesOf(ctx)))
      },
      successSource: (ctx) => {
        const { client } = ctx.oidc
        show(ctx, pages.deviceSignedIn(client?.clientName ?? client?.clientId ?? '', languagesOf(ctx)))
      },
    },
  }
}

/** Shows what went wrong to somebody who cannot be sent back to the client. */
export function renderError(
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
  _error: Error,
  pages: ProviderPages,
): void {
  const failure = { code: out.error, description: out.error_description, status: ctx.status }
  show(ctx, pages.failed(failure, languagesOf(ctx)))
}

export function show(
  ctx: Pick<KoaContextWithOIDC, 'status' | 'type' | 'set' | 'body'>,
  { status, headers, html }: Page,
): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.set({ ...headers })
  ctx.body = html
}

export function languagesOf(ctx: KoaContextWithOIDC): Languages {
  const uiLocales = ctx.oidc.params?.['ui_locales']
  return {
    uiLocales: typeof uiLocales === 'string' ? uiLocales : undefined,
    acceptLanguage: ctx.get('accept-language') || undefined,
  }
}

/** Shows a person that there is nothing at this address. A program is told by the library. */
export function showUnknown(
  ctx: Parameters<typeof show>[0] & Pick<KoaContextWithOIDC, 'accepts' | 'get'>,
  pages: ProviderPages,
): void {
  if (ctx.status !== 404 || ctx.body || ctx.accepts('json', 'html') !== 'html') return
  const languages = { uiLocales: undefined, acceptLanguage: ctx.get('accept-language') || undefined }
  show(ctx, pages.failed({ code: 'not_found', description: undefined, status: 404 }, languages))
}

function problemOf(error: Error | undefined): CodeProblem | undefined {
  if (!error) return undefined
  if (error.name === 'NoCodeError' || 'userCode' in error) return 'unknown-code'
  return error.name === 'AbortedError' ? 'interrupted' : 'failed'
}
