import { readErasure } from '@sallyport/contracts'
import type { Page, Visit } from '@sallyport/openid'
import type { Accounts } from '../accounts/accounts.ts'
import type { BegunErasure, Erasures } from '../privacy/erasures.ts'
import { escapeHtml, renderPage } from '../surfaces/pages.ts'
import { accountForm, accountPage, actorOf, type Subject, wordsOfVisit } from './subject.ts'

const path = '/erasure'

/** Erasing oneself, for somebody who has signed in lately and says that they mean it. */
export function erasurePage({
  accounts,
  erasures,
}: {
  readonly accounts: Accounts
  readonly erasures: Erasures
}): Subject {
  return {
    path,
    link: (words) => words.erasure.title,
    pages: [
      {
        method: 'GET',
        path,
        fresh: true,
        answer: async (visit) => askPage(visit, (await accounts.read(visit.visitor.accountId)).username),
      },
      {
        method: 'POST',
        path,
        fresh: true,
        async answer(visit, form) {
          const by = actorOf(visit)
          const { username } = await accounts.read(by.uid)
          if (form.get('username')?.trim() !== username) return askPage(visit, username, true)
          const keepsUploads = form.get('keep-uploads') === 'yes'
          return begunPage(visit, await erasures.eraseEverything(by.uid, { keepsUploads }, by))
        },
      },
    ],
  }
}

function askPage(visit: Visit, username: string, isWrong = false): Page {
  const { erasure: words } = wordsOfVisit(visit).account
  const alert = isWrong ? `<p role="alert" id="complaint">${words.notConfirmed}</p>\n` : ''
  const described = isWrong ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const fields = `<label class="choice"><input id="keep-uploads" name="keep-uploads" type="checkbox" value="yes">
${words.keepUploads}</label>
<label for="username">${escapeHtml(words.confirm(username))}</label>
<input id="username" name="username" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="100" required${described}>
<button>${words.button}</button>`
  const body = `${alert}<p>${words.text}</p>
<ul>
${words.consequences.map((sentence) => `<li>${sentence}</li>`).join('\n')}
</ul>
${accountForm(visit, fields)}`
  return accountPage(visit, words.title, body, { status: isWrong ? 422 : 200 })
}

/** There is no account any more to go back to. */
function begunPage(visit: Visit, { id, token }: BegunErasure): Page {
  const { language, account } = wordsOfVisit(visit)
  const { erasure: words } = account
  const place = `${readErasure.path.replace(':erasureId', id)}?receipt_token=${token}`
  const body = `<p role="status">${words.begunText}</p>
<p>${words.receipt}</p>
<dl>
<dt>${words.number}</dt><dd><code>${id}</code></dd>
<dt>${words.token}</dt><dd><code>${token}</code></dd>
</dl>
<p><a href="${place}">${words.follow}</a></p>`
  return renderPage(words.begun, body, { language, symbol: 'done' })
}
