import { identity } from '@sallyport/contracts'
import { handle, type HandledRoute, Refusal } from '@sallyport/service'
import type { Actor } from '../audit/audit.ts'
import type { RequestLimit } from '../limits/request-limits.ts'
import type { LinkSending } from '../proofs/link-sending.ts'
import { type Proofs, UnknownLink } from '../proofs/proofs.ts'
import { InvalidPassword, WeakPassword } from '../accounts/account.ts'
import { wordsOf } from '../words/choice.ts'
import { linkGonePage, passwordChangedPage, resetPage } from './link-pages.ts'

/** What somebody can do about their account without being signed in: have links sent, and choose a new password. */
export function ownAccountRoutes(parts: {
  readonly proofs: Proofs
  readonly links: LinkSending
  /** How often one client may have letters sent, here and on the pages together. */
  readonly linkLimit: RequestLimit
}): HandledRoute[] {
  const { proofs, links, linkLimit } = parts
  const noContent = { status: 204, body: null } as const
  const onItsWay = {
    status: 202,
    body: { detail: 'if an account has this address, a letter is on its way to it' },
  } as const
  const anonymous = (address: string): Actor => ({ kind: 'anonymous', address })

  return [
    handle(identity.requestVerification, async ({ body, headers, clientAddress }) => {
      await linkLimit.count(clientAddress)
      await links.requestVerification(body.email, wordsOf(headers).language)
      return onItsWay
    }),

    handle(identity.requestPasswordReset, async ({ body, headers, clientAddress }) => {
      await linkLimit.count(clientAddress)
      await links.requestPasswordReset(body.email, anonymous(clientAddress), wordsOf(headers).language)
      return onItsWay
    }),

    handle(identity.resetPassword, async ({ body, clientAddress }) => {
      await proofs.resetPassword(body.secret, body.password, anonymous(clientAddress))
      return noContent
    }),

    handle(identity.showPasswordReset, async ({ params, headers }) => {
      throw new Refusal(resetPage(params.secret, wordsOf(headers)))
    }),

    handle(identity.submitPasswordReset, async ({ params, headers, body, clientAddress }) => {
      const words = wordsOf(headers)
      try {
        await proofs.resetPassword(params.secret, body.password, anonymous(clientAddress))
      } catch (error) {
        if (error instanceof UnknownLink) throw new Refusal(linkGonePage(words))
        if (error instanceof InvalidPassword || error instanceof WeakPassword)
          throw new Refusal(resetPage(params.secret, words, true))
        throw error
      }
      throw new Refusal(passwordChangedPage(words))
    }),
  ]
}
