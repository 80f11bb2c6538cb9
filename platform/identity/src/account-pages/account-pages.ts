import type { AccountPages } from '@sallyport/openid'
import { accountClient } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { WithPasskeys } from '../openid/passkeys-on-pages.ts'
import { gonePage } from '../openid/pages.ts'
import type { OpenSessions } from '../sessions/open-sessions.ts'
import { renderPage } from '../surfaces/pages.ts'
import { wordsFor } from '../words/choice.ts'
import { type FactorPagesParts, secondFactors } from './factors.ts'
import type { Erasures } from '../privacy/erasures.ts'
import { erasurePage } from './erasure-page.ts'
import { overview } from './overview.ts'
import { type DataPagesParts, personalData } from './data.ts'
import { changeOfPassword } from './change-of-password.ts'
import { passkeyPage } from './passkey-page.ts'
import { sessions } from './sessions.ts'
import type { Subject } from './subject.ts'

export interface AccountPagesParts extends FactorPagesParts, WithPasskeys, DataPagesParts {
  readonly openSessions: OpenSessions
  readonly erasures: Erasures
  readonly clients: Pick<Clients, 'namesOf'>
}

/** The pages on which people look after their own accounts: a subject is a file beside this one and a line here. */
export function createAccountPages(parts: AccountPagesParts): AccountPages {
  const { accounts, passkeySupport } = parts
  const subjects: readonly Subject[] = [
    sessions(parts),
    changeOfPassword(parts),
    ...(passkeySupport ? [passkeyPage({ accounts, ...passkeySupport })] : []),
    secondFactors(parts),
    personalData(parts),
    erasurePage(parts),
  ]
  return {
    place: '/account',
    client: accountClient,
    pages: [overview(parts, subjects), ...subjects.flatMap(({ pages }) => pages)],

    unknown(languages) {
      const { language, account: words } = wordsFor(languages)
      return renderPage(words.unknownPage, `<p>${words.unknownPageText}</p>`, { language, status: 404 })
    },
    refused: gonePage,
    notSignedIn(again, languages) {
      const { language, account: words } = wordsFor(languages)
      const body = `<p>${words.notSignedInText}</p><p><a href="${again}">${words.signIn}</a></p>`
      return renderPage(words.notSignedIn, body, { language, status: 401 })
    },
  }
}
