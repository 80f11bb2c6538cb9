import type { Reply } from '@sallyport/contracts'
import type { Words } from '../words/words.ts'
import { page } from './pages.ts'

/*
 * The pages that links in letters lead to.
 */

/** Asks the reader of a letter to confirm. */
export function confirmationPage(secret: string, words: Words): Reply {
  const action = `/authy/validate/${encodeURIComponent(secret)}`
  const body = `<p>${words.confirmAddressText}</p>
<form method="post" action="${action}"><button>${words.confirmAddressButton}</button></form>`
  return page(words.confirmAddress, body, { language: words.language })
}

export function confirmedPage(words: Words): Reply {
  return page(words.addressConfirmed, `<p role="status">${words.addressConfirmedText}</p>`, {
    language: words.language,
    symbol: 'done',
  })
}

/** Asks for a new password; again when the one before would not do. */
export function resetPage(secret: string, words: Words, again = false): Reply {
  const action = `/v1/account/password-resets/${encodeURIComponent(secret)}`
  const body = `${again ? `<p role="alert" id="complaint">${words.complaints.weakPassword}</p>` : ''}
<form method="post" action="${action}">
<label for="password">${words.newPassword}</label>
<input id="password" type="password" name="password" minlength="8" maxlength="200" autocomplete="new-password" required autofocus aria-describedby="${again ? 'complaint ' : ''}advice"${again ? ' aria-invalid="true"' : ''}>
<p id="advice">${words.passwordAdvice}</p>
<button>${words.changePassword}</button>
</form>`
  return page(words.choosePassword, body, { language: words.language, status: again ? 422 : 200 })
}

export function passwordChangedPage(words: Words): Reply {
  return page(words.passwordChanged, `<p role="status">${words.passwordChangedText}</p>`, {
    language: words.language,
    symbol: 'done',
  })
}

export function linkGonePage(words: Words): Reply {
  return page(words.linkGone, `<p>${words.linkGoneText}</p>`, {
    language: words.language,
    status: 404,
    symbol: 'problem',
  })
}
