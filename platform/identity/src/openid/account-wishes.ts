import type { Answer, Question } from '@sallyport/openid'
import { InvalidEmail, InvalidPassword, InvalidUsername, NameTaken, WeakPassword } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { NewAccount } from '../accounts/registration.ts'
import type { Actor } from '../audit/audit.ts'
import type { RequestLimit } from '../limits/request-limits.ts'
import type { LinkSending } from '../proofs/link-sending.ts'
import { forgottenPage, letterSentPage, registerPage } from './account-pages.ts'
import { wordsFor } from '../words/choice.ts'
import { askWho, type WithPasskeys } from './passkeys-on-pages.ts'
import type { RegistrationComplaint } from '../words/words.ts'
import { type Wait, waitOf } from './waits.ts'

export interface WishParts extends WithPasskeys {
  readonly accounts: Accounts
  readonly links: LinkSending
  /** How often one client may have letters sent, here and by calls together. */
  readonly linkLimit: RequestLimit
  /** User names that nobody gets. */
  readonly reservedNames: readonly string[]
}

/** What somebody wants who cannot sign in: an account, or a new password. Undefined when they want neither. */
export async function grantWish(
  parts: WishParts,
  question: Question,
  form: URLSearchParams,
  address: string,
): Promise<Answer | undefined> {
  const page = (shown: Extract<Answer, { kind: 'page' }>['page']): Answer => ({ kind: 'page', page: shown })
  const by: Actor = { kind: 'anonymous', address }
  const { language } = wordsFor(question.languages)
  const wished = { username: form.get('username') ?? '', email: form.get('email') ?? '' }
  switch (form.get('answer') ?? '') {
    case 'register':
      return page(registerPage(question, { username: wished.username, email: '' }))
    case 'create': {
      const person = { ...wished, password: form.get('password') ?? '', language }
      const complaint = await createAccount(parts, person, by)
      return page(complaint ? registerPage(question, wished, complaint) : letterSentPage(question, 'confirmText'))
    }
    case 'forgotten':
      return page(forgottenPage(question))
    case 'send-link':
      try {
        await parts.linkLimit.count(address)
      } catch (error) {
        const wait = waitOf(error)
        if (!wait) throw error
        return page(forgottenPage(question, wait))
      }
      await parts.links.requestPasswordReset(wished.email.slice(0, 254), by, language)
      return page(letterSentPage(question, 'resetText'))
    case 'back':
      return page(await askWho(parts, question))
    default:
      return undefined
  }
}

/** What stands against the account; nothing when it is made, or when its address has one already. */
async function createAccount(
  { accounts, links, linkLimit, reservedNames }: WishParts,
  person: NewAccount & { readonly email: string },
  by: Extract<Actor, { kind: 'anonymous' }>,
): Promise<RegistrationComplaint | Wait | undefined> {
  if (reservedNames.includes(person.username.toLowerCase())) return 'nameTaken'
  try {
    await linkLimit.count(by.address)
    await accounts.register(person, 'accounts', by)
    return undefined
  } catch (error) {
    if (error instanceof InvalidEmail) return 'invalidEmail'
    if (error instanceof InvalidUsername) return 'invalidUsername'
    if (error instanceof InvalidPassword || error instanceof WeakPassword) return 'weakPassword'
    const wait = waitOf(error)
    if (wait) return wait
    if (!(error instanceof NameTaken)) throw error
    if (await accounts.isNameTaken(person.username)) return 'nameTaken'
    // The address has an account. Whoever asks is not told so (design §4), but its owner gets a way in.
    await links.requestPasswordReset(person.email, by, person.language)
    return undefined
  }
}
