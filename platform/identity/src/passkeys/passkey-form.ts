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
  /** The `answer` that the form gives. */
  readonly answer: string
  readonly button: string
  /** Further fields, as HTML. */
  readonly fields?: string
  /** Whether the browser may offer passkeys where a user name is typed. */
  readonly autofill?: boolean
}

/** A form that comes with what an authenticator answers. Nobody sees it before the script has found it. */
export function passkeyForm(words: PasskeyWords, form: PasskeyForm): string {
  const { what, options, action, csrf, answer, button, fields = '', autofill = false } = form
  const say = (when: 'unsupported' | 'failed'): string =>
    `<p role="alert" data-when="${when}" hidden>${words[when]}</p>`
  return `<form method="post" action="${action}" data-passkey="${what}" data-options="${escapeHtml(JSON.stringify(options))}"${autofill ? ' data-autofill' : ''} hidden>
${hidden('csrf', csrf)}
${hidden('answer', answer)}
${hidden('credential', '')}
${fields}
<button class="other">${button}</button>
${say('unsupported')}
${say('failed')}
</form>`
}
