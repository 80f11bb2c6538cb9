import type { Page, Visit } from '@sallyport/openid'
import type { Accounts } from '../accounts/accounts.ts'
import type { Factor } from '../factors/factor.ts'
import type { Factors } from '../factors/factors.ts'
import { authenticatorApp } from './authenticator-app.ts'
import { recoveryCodes } from './recovery-codes.ts'
import { accountPage, actorOf, type Subject, wordsOfVisit } from './subject.ts'

export interface FactorPagesParts {
  readonly accounts: Accounts
  readonly factors: Factors
  /** The address that people know this installation by: apps show its host beside a code. */
  readonly publicUrl: string
}

/** What somebody has besides the password: what there is, and the way to each of it. */
export function secondFactors(parts: FactorPagesParts): Subject {
  const path = '/factors'
  return {
    path,
    link: (words) => words.factors.title,
    pages: [
      {
        method: 'GET',
        path,
        answer: async (visit) => listPage(visit, await parts.factors.list(actorOf(visit).uid)),
      },
      ...authenticatorApp(parts),
      ...recoveryCodes(parts),
    ],
  }
}

function listPage(visit: Visit, factors: readonly Factor[]): Page {
  const { factors: words } = wordsOfVisit(visit).account
  const app = factors.find(({ kind }) => kind === 'totp')
  const codes = factors.find((factor) => factor.kind === 'recovery-codes')
  const entry = (path: string, name: string, state: string): string =>
    `<li><a href="${visit.locate(path)}">${name}</a> (${state})</li>`
  const appState = app?.kind === 'totp' ? words.since(dayOf(app.addedAt)) : words.notSetUp
  const body = `<p>${words.intro}</p>
<ul>
${entry('/factors/app', words.app, appState)}
${factors.length > 0 ? entry('/factors/recovery-codes', words.recoveryCodes, words.left(codes?.left ?? 0)) : ''}
</ul>`
  return accountPage(visit, words.title, body)
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}
