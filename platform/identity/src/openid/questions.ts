import type { Answer, Page, Question, QuestionPages, Sender } from '@sallyport/openid'
import { UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import { worthOfPassword } from '../factors/assurance.ts'
import type { SecondSteps } from '../factors/second-steps.ts'
import type { SessionOrigin } from '../sessions/session.ts'
import type { PasswordProof, Sessions } from '../sessions/sessions.ts'
import { grantWish, type WishParts } from './account-wishes.ts'
import { consentPage, gonePage } from './pages.ts'
import { answerWithPasskey, askWho } from './passkeys-on-pages.ts'
import { answerSecondStep, askFactor } from './second-step.ts'
import { waitOf } from './waits.ts'

export interface QuestionParts extends WishParts {
  readonly sessions: Sessions
  readonly secondSteps: SecondSteps
}

/** What the provider has people asked: who they are, and whether a client may have what it wants. */
export function createQuestions(parts: QuestionParts): QuestionPages {
  const { accounts, sessions, secondSteps } = parts

  async function ask(question: Question): Promise<Page> {
    if (question.about === 'sign-in' || question.accountId === undefined) {
      return (await askFactor(parts, question)) ?? askWho(parts, question)
    }
    try {
      const { username } = await accounts.read(question.accountId)
      return consentPage(question, username)
    } catch (error) {
      if (error instanceof UnknownAccount) return gonePage(question.languages)
      throw error
    }
  }

  async function signIn(question: Question, form: URLSearchParams, from: Sender): Promise<Answer> {
    const username = form.get('username') ?? ''
    try {
      const proof: PasswordProof = { username, password: form.get('password') ?? '', ...originOf(question, from) }
      const proven = await sessions.provePassword(proof)
      if (proven.account.hasSecondFactor) {
        await secondSteps.begin(question.id, proven, from.address)
        return { kind: 'page', page: await ask(question) }
      }
      const { sid } = await sessions.open(proven, proof)
      return { kind: 'signed-in', accountId: proven.account.uid, session: sid, ...worthOfPassword }
    } catch (error) {
      const complaint = error instanceof WrongCredentials ? 'wrongCredentials' : waitOf(error)
      if (!complaint) throw error
      return { kind: 'page', page: await askWho(parts, question, { username, complaint }) }
    }
  }

  return {
    ask,
    async answer(question, form, from) {
      const answer = form.get('answer')
      if (answer === 'cancel' || answer === 'deny') {
        await secondSteps.forget(question.id)
        return { kind: 'denied' }
      }
      if (question.about === 'sign-in') {
        return (
          (await answerSecondStep(parts, question, form, originOf(question, from))) ??
          (await answerWithPasskey(parts, question, form, originOf(question, from))) ??
          (await grantWish(parts, question, form, from.address)) ??
          signIn(question, form, from)
        )
      }
      // Whatever else was sent is no yes.
      return answer === 'allow' ? { kind: 'allowed' } : { kind: 'page', page: await ask(question) }
    },
    gone: gonePage,
  }
}

function originOf({ client }: Question, from: Sender): SessionOrigin {
  return { on: 'openid', client: client.id, ...from }
}
