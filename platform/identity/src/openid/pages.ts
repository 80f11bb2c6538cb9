import type { Page, ProvidedForm, ProviderPages, Question } from '@sallyport/openid'
import { escapeHtml, renderPage } from '../surfaces/pages.ts'
import { wordsFor } from '../words/choice.ts'
import type { Words } from '../words/words.ts'
import type { Wait } from './waits.ts'

/** What was wrong with a sign-in. */
export type SignInComplaint = 'wrongCredentials' | 'signInOver' | 'passkeyRefused'

/** What was typed, and why it is asked again. */
export interface SignInAgain {
  readonly username: string
  readonly complaint: Wait | SignInComplaint
}

/** What makes a page ask for passkeys: pieces of HTML, and the address of the script that they need. */
export interface PasskeyPart {
  readonly form: string
  readonly button: string
  readonly script: string
}

/** Asks who it is. */
export function signInPage(question: Question, again?: SignInAgain, passkey?: PasskeyPart): Page {
  const words = wordsFor(question.languages)
  const username = escapeHtml(again?.username ?? question.loginHint ?? '')
  const wait = typeof again?.complaint === 'object' ? again.complaint : undefined
  const complaint = typeof again?.complaint === 'object' ? again.complaint.complaint : again?.complaint
  const alert =
    complaint &&
    `<p role="alert" id="complaint">${complaint === 'passkeyRefused' ? words.passkeys.refused : words[complaint]}</p>`
  const described = again && complaint !== 'passkeyRefused' ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const body = `${alert ?? ''}
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
<label for="username">${words.username}</label>
<input id="username" name="username" value="${username}" autocomplete="username${passkey ? ' webauthn' : ''}" autocapitalize="none" spellcheck="false" maxlength="254" required${username === '' ? ' autofocus' : ''}${described}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username === '' ? '' : ' autofocus'}${described}>
<button>${words.signInButton}</button>
${passkey?.button ?? ''}
${otherButton('forgotten', words.forgotten)}
${otherButton('register', words.register, 'other')}
${otherButton('cancel', words.cancel)}
</form>
${passkey?.form ?? ''}`
  const outcome = wait ?? { status: again ? 401 : 200 }
  const shown = { ...options(words, question), ...outcome, ...(passkey && { script: passkey.script }) }
  return renderPage(words.signIn(question.client.name), body, shown)
}

/** Asks whether a client may have what it wants. */
export function consentPage(question: Question, username: string): Page {
  const words = wordsFor(question.languages)
  const { scopes, claims } = question.wanted
  const wanted = [...scopes.map((scope) => words.scopes[scope] ?? scope), ...claims]
  const body = `<p class="person">${escapeHtml(words.signedInAs(username))}</p>
<p>${words.itWants}</p>
<ul>${wanted.map((what) => `<li>${escapeHtml(what)}</li>`).join('')}</ul>
${question.destination === '' ? '' : `<p class="aside">${escapeHtml(words.goesBackTo(question.destination))}</p>`}
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
<button name="answer" value="allow">${words.allow}</button>
<button class="other" name="answer" value="deny">${words.deny}</button>
</form>`
  return renderPage(words.consent(question.client.name), body, options(words, question))
}

export function gonePage(languages: Question['languages']): Page {
  const words = wordsFor(languages)
  return renderPage(words.gone, `<p>${words.goneText}</p>`, {
    language: words.language,
    status: 400,
    symbol: 'problem',
  })
}

/** The pages of what the provider asks by itself. */
export const providerPages: ProviderPages = {
  signOut(form, _client, destination, languages) {
    const words = wordsFor(languages)
    const body = `<p>${words.signOutQuestion}</p>
${form.html}
${button(form, words.signOutButton, { name: 'logout', value: 'yes' })}
${button(form, words.stay, { other: true })}`
    return renderPage(words.signOut, body, { language: words.language, destination })
  },

  signedOut(languages) {
    const words = wordsFor(languages)
    return renderPage(words.signedOut, `<p>${words.signedOutText}</p>`, { language: words.language, symbol: 'done' })
  },

  sendOn({ action, fields }, destination, languages) {
    const words = wordsFor(languages)
    const body = `<p>${words.sendOnText}</p>
<form method="post" action="${escapeHtml(action)}">
${fields.map(({ name, value }) => hidden(name, value)).join('\n')}
<button>${words.goOn}</button>
</form>`
    const inlineScript = 'document.forms[0].submit()'
    return renderPage(words.sendOn, body, { language: words.language, destination, inlineScript })
  },

  failed({ code, description, status }, languages) {
    const words = wordsFor(languages)
    const details = [code, description].filter((part) => part !== undefined).join(': ')
    const body = `<p>${words.failedText}</p><p class="aside" lang="en">${escapeHtml(details)}</p>`
    return renderPage(words.failed, body, { language: words.language, status, symbol: 'problem' })
  },

  enterCode({ action, xsrf, code, problem }, languages) {
    const words = wordsFor(languages)
    const alert = problem && `<p role="alert" id="complaint">${words.codeProblems[problem]}</p>`
    const body = `${alert ?? ''}
<form method="post" action="${escapeHtml(action)}">
${hidden('xsrf', xsrf)}
<label for="code">${words.code}</label>
<input id="code" name="user_code" value="${escapeHtml(code)}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required autofocus${problem ? ' aria-describedby="complaint" aria-invalid="true"' : ''}>
<button>${words.goOn}</button>
</form>`
    return renderPage(words.enterCode, body, { language: words.language, status: problem ? 400 : 200 })
  },

  confirmCode(form, { client, code }, languages) {
    const words = wordsFor(languages)
    const body = `<p>${escapeHtml(words.confirmCodeText(client))}</p>
<p class="code">${escapeHtml(code)}</p>
${form.html}
${button(form, words.goOn, {})}
${button(form, words.deny, { name: 'abort', value: 'yes', other: true })}`
    return renderPage(words.confirmCode, body, { language: words.language })
  },

  deviceSignedIn(client, languages) {
    const words = wordsFor(languages)
    const text = escapeHtml(words.deviceSignedInText(client))
    return renderPage(words.deviceSignedIn, `<p>${text}</p>`, { language: words.language, symbol: 'done' })
  },
}

/** Leads to another page of the same question, whatever is in the fields. */
export function otherButton(answer: string, text: string, look: 'link' | 'other' = 'link'): string {
  return `<button class="${look}" name="answer" value="${answer}" formnovalidate>${text}</button>`
}

export function options(words: Words, { destination }: Question) {
  return { language: words.language, destination }
}

export function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`
}

function button(
  { id }: ProvidedForm,
  text: string,
  { name, value, other = false }: { readonly name?: string; readonly value?: string; readonly other?: boolean },
): string {
  const field = name === undefined ? '' : ` name="${name}" value="${value ?? ''}"`
  return `<button form="${id}"${field}${other ? ' class="other"' : ''}>${text}</button>`
}
