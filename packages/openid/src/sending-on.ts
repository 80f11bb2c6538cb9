import type { KoaContextWithOIDC } from 'oidc-provider'
import { destinationOf } from './destination.ts'
import { languagesOf, show } from './page-features.ts'
import type { OpenIdProviderParts } from './parts.ts'

/** Found in the page with which the library has a browser send a form by itself, and in no other. */
const sign = '<title>Submitting Callback</title>'

/**
 * Puts a page of ours in the place of the library's, in which a form sends itself: to a client that wants its code in a form;
 * to the end of a session, when nobody is signed in any more or when somebody else has signed in; with the code of a device
 * that was in the address. It is the one page of the library's that cannot be set.
 */
export function showSendingOn(ctx: KoaContextWithOIDC, { pages, issuer }: OpenIdProviderParts): void {
  const { body, status } = ctx
  if (typeof body !== 'string' || !body.includes(sign)) return
  const action = /<form method="post" action="([^"]*)"/.exec(body)?.[1]
  if (action === undefined) return
  const fields = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
    ([, name = '', value = '']) => ({ name, value: unescape(value) }),
  )
  const form = { action: unescape(action), fields }
  const { origin } = new URL(issuer)
  const destination = new URL(form.action, origin).origin === origin ? afterwards(ctx) : form.action
  show(ctx, { ...pages.sendOn(form, destinationOf(destination), languagesOf(ctx)), status })
}

/** Where a browser goes in the end that is sent to the end of a session. */
function afterwards({ oidc: { params, entities } }: KoaContextWithOIDC): string | undefined {
  const address = params?.['post_logout_redirect_uri'] ?? entities.Interaction?.params['redirect_uri']
  return typeof address === 'string' ? address : undefined
}

const characters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (escaped) => characters[escaped] ?? escaped)
}
