import type { Reply } from '@sallyport/contracts'
import { page } from '../pages.ts'

/** A page that asks the reader of a mail to confirm. */
export function confirmationPage(secret: string): Reply {
  const action = `/authy/validate/${encodeURIComponent(secret)}`
  const title = 'Confirm your e-mail address'
  return page(title, `<form method="post" action="${action}"><button>This is my address</button></form>`)
}
