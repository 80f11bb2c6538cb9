import { hidden } from '../openid/pages.ts'
import { escapeHtml } from '../surfaces/pages.ts'
import type { PasskeyWords } from '../words/passkeys/words.ts'

export interface PasskeyForm {
  /** Whether a key is made or used. */
  readonly what: 'create' | 'get'
  /** What the browser is asked for (WebAuthn §5.1). */
  readonly options: object
  readonly action: string
  readonly csrf: string
  /** What is seen of it, as HTML. */
  readonly fields?: string
  /** Whether the browser may offer passkeys where a user name is typed. */
  readonly autofill?: boolean
}

/** A form that comes with what an authenticator answers. Nobody sees it before the script has found it. One for a page. */
export function passkeyForm(words: PasskeyWords, form: PasskeyForm): string {
  const { what, options, action, csrf, fields = '', autofill = false } = form
  const say = (when: 'unsupported' | 'failed'): string =>
    `<p role="alert" data-when="${when}" hidden>${words[when]}</p>`
  return `<form id="passkey" method="post" action="${action}" data-passkey="${what}" data-options="${escapeHtml(JSON.stringify(options))}"${autofill ? ' data-autofill' : ''} hidden>
${hidden('csrf', csrf)}
${hidden('credential', '')}
${fields}
${say('unsupported')}
${say('failed')}
</form>`
}

/** Sends the form, from wherever it stands on the page. It is not seen without the script either. */
export function passkeyButton(answer: string, text: string): string {
  return `<button class="other" form="passkey" name="answer" value="${answer}" hidden>${text}</button>`
}
