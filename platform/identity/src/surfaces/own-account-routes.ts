import { identity } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, Refusal } from '@sallyport/service'
import type { Actor } from '../audit/audit.ts'
import type { LinkSending } from '../proofs/link-sending.ts'
import { type Proofs, UnknownLink } from '../proofs/proofs.ts'
import { escapeHtml, page } from './pages.ts'

/** What somebody can do about their account without being signed in: have links sent, and choose a new password. */
export function ownAccountRoutes({ proofs, links }: { proofs: Proofs; links: LinkSending }): HandledRoute[] {
  const noContent = { status: 204, body: null } as const
  const onItsWay = {
    status: 202,
    body: { detail: 'if an account has this address, a letter is on its way to it' },
  } as const
  const anonymous = (address: string): Actor => ({ kind: 'anonymous', address })

  return [
    handle(identity.requestVerification, async ({ body }) => {
      await links.request('verification', body.email)
      return onItsWay
    }),

    handle(identity.requestPasswordReset, async ({ body }) => {
      await links.request('password-reset', body.email)
      return onItsWay
    }),

    handle(identity.resetPassword, async ({ body, clientAddress }) => {
      await proofs.resetPassword(body.secret, body.password, anonymous(clientAddress))
      return noContent
    }),

    handle(identity.showPasswordReset, async ({ params }) => {
      throw new Refusal(resetPage(params.secret))
    }),

    handle(identity.submitPasswordReset, async ({ params, body, clientAddress }) => {
      try {
        await proofs.resetPassword(params.secret, body.password, anonymous(clientAddress))
      } catch (error) {
        if (error instanceof UnknownLink)
          throw new Refusal(page('This link does not work any more', '<p>Ask for another one.</p>', { status: 404 }))
        if (error instanceof Rejection && error.reason === 'invalid')
          throw new Refusal(resetPage(params.secret, error.message))
        throw error
      }
      throw new Refusal(
        page('Your password is changed', '<p>You are signed out everywhere; sign in with the new one.</p>'),
      )
    }),
  ]
}

function resetPage(secret: string, complaint?: string) {
  const action = `/v1/account/password-resets/${encodeURIComponent(secret)}`
  return page(
    'Choose a new password',
    `${complaint === undefined ? '' : `<p role="alert">${escapeHtml(complaint)}</p>`}
<form method="post" action="${action}">
<p><label>New password <input type="password" name="password" minlength="8" maxlength="200" autocomplete="new-password" required></label></p>
<button>Change the password</button>
</form>`,
    { status: complaint === undefined ? 200 : 422 },
  )
}
