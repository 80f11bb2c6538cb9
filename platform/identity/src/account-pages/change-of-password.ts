import type { Page, Visit } from '@sallyport/openid'
import { InvalidPassword, WeakPassword, WrongCredentials } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { type Wait, waitOf } from '../openid/waits.ts'
import { accountForm, accountPage, actorOf, sessionOf, type Subject, wordsOfVisit } from './subject.ts'

type Complaint = Wait | 'wrong-password' | 'weak-password'

const path = '/password'

/** A new password for somebody who knows the old one. */
export function changeOfPassword({ accounts }: { readonly accounts: Accounts }): Subject {
  return {
    path,
    link: (words) => words.changePassword,
    pages: [
      { method: 'GET', path, fresh: true, answer: async (visit) => passwordPage(visit) },
      {
        method: 'POST',
        path,
        fresh: true,
        async answer(visit, form) {
          const change = {
            uid: visit.visitor.accountId,
            oldPassword: form.get('old-password') ?? '',
            newPassword: form.get('new-password') ?? '',
            session: sessionOf(visit),
          }
          try {
            await accounts.changePassword(change, actorOf(visit))
          } catch (error) {
            const complaint = complaintOf(error)
            if (!complaint) throw error
            return passwordPage(visit, complaint)
          }
          const { passwordChanged, account } = wordsOfVisit(visit)
          return accountPage(visit, passwordChanged, `<p role="status">${account.passwordChangedText}</p>`)
        },
      },
    ],
  }
}

function passwordPage(visit: Visit, complaint?: Complaint): Page {
  const words = wordsOfVisit(visit)
  const wait = typeof complaint === 'object' ? complaint : undefined
  const texts = { 'wrong-password': words.account.wrongPassword, 'weak-password': words.complaints.weakPassword }
  const said = typeof complaint === 'string' ? texts[complaint] : wait && words[wait.complaint]
  const alert = said === undefined ? '' : `<p role="alert" id="complaint">${said}</p>\n`
  const invalid = (about: Complaint): string => (complaint === about ? ' aria-invalid="true"' : '')
  const fields = `<label for="old-password">${words.account.oldPassword}</label>
<input id="old-password" name="old-password" type="password" autocomplete="current-password" maxlength="1024" required autofocus${complaint === 'wrong-password' ? ' aria-describedby="complaint"' : ''}${invalid('wrong-password')}>
<label for="new-password">${words.account.newPassword}</label>
<input id="new-password" name="new-password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required aria-describedby="${complaint === 'weak-password' ? 'complaint ' : ''}advice"${invalid('weak-password')}>
<p id="advice">${words.passwordAdvice}</p>
<button>${words.changePassword}</button>`
  const outcome = wait ?? { status: complaint ? 422 : 200 }
  return accountPage(visit, words.account.changePassword, alert + accountForm(visit, fields), outcome)
}

function complaintOf(error: unknown): Complaint | undefined {
  if (error instanceof WrongCredentials) return 'wrong-password'
  if (error instanceof InvalidPassword || error instanceof WeakPassword) return 'weak-password'
  return waitOf(error)
}
