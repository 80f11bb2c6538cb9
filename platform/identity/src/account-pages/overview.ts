import type { AccountPage } from '@sallyport/openid'
import { identity as contracts } from '@sallyport/contracts'
import type { Accounts } from '../accounts/accounts.ts'
import { escapeHtml, renderPage } from '../surfaces/pages.ts'
import { type Subject, wordsOfVisit } from './subject.ts'

/** The first page: who it is, and what there is to look after. */
export function overview(
  { accounts }: { readonly accounts: Accounts },
  subjects: readonly Pick<Subject, 'path' | 'link'>[],
): AccountPage {
  return {
    method: 'GET',
    path: '',
    async answer(visit) {
      const { language, username: nameOfUsername, email: nameOfEmail, account: words } = wordsOfVisit(visit)
      const { username, email, emailVerifiedAt } = await accounts.read(visit.visitor.accountId)
      const state = emailVerifiedAt ? words.proven : words.notProven
      const nameAndState =
        email === undefined ? '' : `<dt>${nameOfEmail}</dt><dd>${escapeHtml(email)} (${state})</dd>\n`
      const links = subjects.map(({ path, link }) => `<li><a href="${visit.locate(path)}">${link(words)}</a></li>`)
      const body = `<dl>
<dt>${nameOfUsername}</dt><dd>${escapeHtml(username)}</dd>
${nameAndState}</dl>
<ul>
${links.join('\n')}
<li><a href="${contracts.openId.path}/session/end">${words.signOut}</a></li>
</ul>`
      return renderPage(words.yourAccount, body, { language })
    },
  }
}
