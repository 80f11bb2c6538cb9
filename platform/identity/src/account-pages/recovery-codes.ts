import type { AccountPage, Page, Visit } from '@sallyport/openid'
import { FactorMissing } from '../factors/factor.ts'
import type { FactorPagesParts } from './factors.ts'
import { accountForm, accountPage, actorOf, wordsOfVisit } from './subject.ts'

const path = '/factors/recovery-codes'

/** How many recovery codes are left, and new ones. */
export function recoveryCodes({ factors }: Pick<FactorPagesParts, 'factors'>): readonly AccountPage[] {
  return [
    {
      method: 'GET',
      path,
      fresh: true,
      async answer(visit) {
        const list = await factors.list(actorOf(visit).uid)
        if (list.length === 0) return { seeOther: '/factors' }
        const { factors: words } = wordsOfVisit(visit).account
        const left = list.find((factor) => factor.kind === 'recovery-codes')?.left ?? 0
        const form = accountForm(visit, `<button>${words.makeCodes}</button>`)
        const body = `<p>${words.recoveryText} (${words.left(left)})</p>\n${form}`
        return accountPage(visit, words.recoveryCodes, body)
      },
    },
    {
      method: 'POST',
      path,
      fresh: true,
      async answer(visit) {
        const by = actorOf(visit)
        try {
          const codes = await factors.renewRecoveryCodes({ uid: by.uid, by })
          return newCodesPage(visit, wordsOfVisit(visit).account.factors.newCodes, '', codes)
        } catch (error) {
          if (error instanceof FactorMissing) return { seeOther: '/factors' }
          throw error
        }
      },
    },
  ]
}

/** Shows codes that nobody sees again. `before` is HTML. */
export function newCodesPage(visit: Visit, title: string, before: string, codes: readonly string[]): Page {
  const { factors: words } = wordsOfVisit(visit).account
  const body = `${before}
<p>${words.recoveryText} ${words.keepCodes}</p>
<ul>${codes.map((code) => `<li><code>${code}</code></li>`).join('')}</ul>`
  return accountPage(visit, title, body, { symbol: 'done' })
}
