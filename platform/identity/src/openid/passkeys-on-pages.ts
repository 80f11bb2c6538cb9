import type { Answer, Page, Question } from '@sallyport/openid'
import type { AccountId } from '@sallyport/kernel'
import { WrongCredentials } from '../accounts/account.ts'
import { PasskeyRefused } from '../passkeys/passkey.ts'
import { passkeyButton, passkeyForm } from '../passkeys/passkey-form.ts'
import type { PasskeySignIn } from '../passkeys/passkey-sign-in.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { SessionOrigin } from '../sessions/session.ts'
import { wordsFor } from '../words/choice.ts'
import { type PasskeyPart, type SignInAgain, signInPage } from './pages.ts'
import { waitOf } from './waits.ts'

/** What pages need to ask for passkeys. */
export interface PasskeySupport {
  readonly passkeys: Passkeys
  readonly signIn: PasskeySignIn
  /** The address of the script that asks authenticators. */
  readonly script: string
}

/** Parts that know passkeys, unless the installation has an address that there can be none for. */
export interface WithPasskeys {
  readonly passkeySupport: PasskeySupport | undefined
}

/** Asks who it is, with every way there is to answer. `again` says why it is asked again. */
export async function askWho({ passkeySupport }: WithPasskeys, question: Question, again?: SignInAgain): Promise<Page> {
  if (!passkeySupport) return signInPage(question, again)
  const { passkeys, script } = passkeySupport
  const { passkeys: words } = wordsFor(question.languages)
  const { action, csrf } = question
  const options = await passkeys.offerSignIn(question.id)
  const form = { what: 'get', options, action, csrf, autofill: true } as const
  const part = {
    form: passkeyForm(words, form),
    button: passkeyButton('sign-in-with-passkey', words.signInButton),
    script,
  }
  return signInPage(question, again, part)
}

/** What asks somebody whose password is proven for a passkey; undefined when they have none. */
export async function secondStepPart(
  { passkeySupport }: WithPasskeys,
  question: Question,
  uid: AccountId,
): Promise<PasskeyPart | undefined> {
  const options = await passkeySupport?.passkeys.offerSecondFactor(question.id, uid)
  if (!passkeySupport || !options) return undefined
  const { passkeys: words } = wordsFor(question.languages)
  const { action, csrf } = question
  const form = passkeyForm(words, { what: 'get', options, action, csrf })
  return { form, button: passkeyButton('prove-passkey', words.useButton), script: passkeySupport.script }
}

/** Takes what comes from the form of a sign-in with a passkey alone. Undefined for what does not. */
export async function answerWithPasskey(
  parts: WithPasskeys,
  question: Question,
  form: URLSearchParams,
  origin: SessionOrigin,
): Promise<Answer | undefined> {
  if (form.get('answer') !== 'sign-in-with-passkey' || !parts.passkeySupport) return undefined
  try {
    const credential = form.get('credential') ?? ''
    const { uid, sid, acr, amr } = await parts.passkeySupport.signIn.signIn(credential, question.id, origin)
    return { kind: 'signed-in', accountId: uid, session: sid, acr, amr }
  } catch (error) {
    const isRefused = error instanceof PasskeyRefused || error instanceof WrongCredentials
    const complaint = isRefused ? 'passkeyRefused' : waitOf(error)
    if (!complaint) throw error
    return { kind: 'page', page: await askWho(parts, question, { username: '', complaint }) }
  }
}
