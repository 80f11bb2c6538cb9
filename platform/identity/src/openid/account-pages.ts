import type { Page, Question } from '@sallyport/openid'
import { escapeHtml, renderPage } from '../surfaces/pages.ts'
import { hidden, options, otherButton } from './pages.ts'
import { wordsFor } from '../words/choice.ts'
import type { RegistrationComplaint } from '../words/words.ts'
import type { Wait } from './waits.ts'

/** What somebody has filled in, except the password. */
export interface Wished {
  readonly username: string
  readonly email: string
}

/** Asks what an account needs. `complaint` says what cannot be. */
export function registerPage(question: Question, wished: Wished, complaint?: RegistrationComplaint | Wait): Page {
  const words = wordsFor(question.languages)
  const wait = typeof complaint === 'object' ? complaint : undefined
  const wrong = typeof complaint === 'string' ? complaint : undefined
  const said = wait ? words[wait.complaint] : wrong && words.complaints[wrong]
  const alert = said && `<p role="alert" id="complaint">${said}</p>`
  const described = (complaints: readonly RegistrationComplaint[]): string =>
    wrong && complaints.includes(wrong) ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const focus = (field: 'username' | 'email' | 'password'): string => (field === fieldOf(wrong) ? ' autofocus' : '')
  const body = `${alert ?? ''}
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
<label for="username">${words.username}</label>
<input id="username" name="username" value="${escapeHtml(wished.username)}" autocomplete="username" autocapitalize="none" spellcheck="false" minlength="3" maxlength="50" required${focus('username')}${described(['invalidUsername', 'nameTaken'])}>
<label for="email">${words.email}</label>
<input id="email" name="email" type="email" value="${escapeHtml(wished.email)}" autocomplete="email" maxlength="100" required${focus('email')}${described(['invalidEmail'])}>
<label for="password">${words.newPassword}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required${focus('password')} aria-describedby="${wrong === 'weakPassword' ? 'complaint ' : ''}advice"${wrong === 'weakPassword' ? ' aria-invalid="true"' : ''}>
<p id="advice">${words.passwordAdvice}</p>
<button name="answer" value="create">${words.registerButton}</button>
${otherButton('back', words.backToSignIn)}
</form>`
  const outcome = wait ?? { status: wrong ? 422 : 200 }
  return renderPage(words.register, body, { ...options(words, question), ...outcome })
}

/** Where the cursor is needed. */
function fieldOf(complaint: RegistrationComplaint | undefined): 'username' | 'email' | 'password' {
  if (complaint === 'invalidEmail') return 'email'
  return complaint === 'weakPassword' ? 'password' : 'username'
}

/** Asks where to send a link to a new password. `wait` says why it is asked again. */
export function forgottenPage(question: Question, wait?: Wait): Page {
  const words = wordsFor(question.languages)
  const alert = wait && `<p role="alert">${words[wait.complaint]}</p>`
  const body = `${alert ?? ''}
<p>${words.forgottenText}</p>
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
<label for="email">${words.email}</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required autofocus>
<button name="answer" value="send-link">${words.sendLink}</button>
${otherButton('back', words.backToSignIn)}
</form>`
  return renderPage(words.forgotten, body, { ...options(words, question), ...wait })
}

/** Says that a letter is on its way, or would be. */
export function letterSentPage(question: Question, text: 'confirmText' | 'resetText'): Page {
  const words = wordsFor(question.languages)
  const body = `<p role="status">${words[text]}</p>
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
${otherButton('back', words.backToSignIn)}
</form>`
  return renderPage(words.letterSent, body, { ...options(words, question), symbol: 'letter' })
}
