import { type AccountId, parseId } from '@sallyport/kernel'
import type { AccountPage, Page, Visit } from '@sallyport/openid'
import type { Actor } from '../audit/audit.ts'
import { hidden } from '../openid/pages.ts'
import type { SessionId } from '../sessions/session.ts'
import { type PageOptions, renderPage } from '../surfaces/pages.ts'
import { wordsFor } from '../words/choice.ts'
import type { AccountWords } from '../words/account/words.ts'
import type { Words } from '../words/words.ts'

/** What people can do about one thing, and the way there from the first page. */
export interface Subject {
  /** The path of the page that the link leads to. */
  readonly path: string
  readonly link: (words: AccountWords) => string
  readonly pages: readonly AccountPage[]
}

/** The words of whoever visits a page. */
export function wordsOfVisit({ languages }: Visit): Words {
  return wordsFor(languages)
}

/** Who does what is done on a page, for the audit trail. */
export function actorOf({ visitor, address }: Visit): Extract<Actor, { kind: 'account' }> {
  const uid = parseId<AccountId>(visitor.accountId)
  if (!uid) throw new TypeError('an account of ours has an id that is no UUID')
  return { kind: 'account', uid, address }
}

/** The session that a page is visited in. */
export function sessionOf({ visitor }: Visit): SessionId {
  const sid = parseId<SessionId>(visitor.session)
  if (!sid) throw new TypeError('a session of ours has an id that is no UUID')
  return sid
}

/** A page about somebody's account, with the way back to the first one. `body` is HTML. */
export function accountPage(visit: Visit, title: string, body: string, options: PageOptions = {}): Page {
  const { language, account } = wordsOfVisit(visit)
  const back = `<p><a href="${visit.locate('')}">${account.backToAccount}</a></p>`
  return renderPage(title, `${body}\n${back}`, { language, ...options })
}

/** A form that is sent to the page it is on. `fields` is HTML. */
export function accountForm({ action, csrf }: Visit, fields: string): string {
  return `<form method="post" action="${action}">
${hidden('csrf', csrf)}
${fields}
</form>`
}
