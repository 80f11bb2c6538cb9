import type { Answer, Question, QuestionPages, Sender } from '@sallyport/openid'
import { UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import type { SessionOrigin } from '../sessions/session.ts'
import type { PasswordProof, Sessions } from '../sessions/sessions.ts'
import { grantWish, type WishParts } from './account-wishes.ts'
import { consentPage, gonePage, signInPage } from './pages.ts'
import { waitOf } from './waits.ts'

/** What the provider has people asked: who they are, and whether a client may have what it wants. */
export function createQuestions(parts: WishParts & { readonly sessions: Sessions }): QuestionPages {
  const { accounts, sessions } = parts

  async function ask(question: Question) {
    if (question.about === 'sign-in' || question.accountId === undefined) return signInPage(question)
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
      const origin: SessionOrigin = { on: 'openid', client: question.client.id, ...from }
      const proof: PasswordProof = { username, password: form.get('password') ?? '', ...origin }
      const proven = await sessions.provePassword(proof)
      const { sid } = await sessions.open(proven, proof)
      return {
        kind: 'signed-in',
        accountId: proven.account.uid,
        session: sid,
        amr: ['pwd'],
        acr: 'urn:sallyport:acr:password',
      }
    } catch (error) {
      const complaint = error instanceof WrongCredentials ? 'wrongCredentials' : waitOf(error)
      if (!complaint) throw error
      return { kind: 'page', page: signInPage(question, { username, complaint }) }
    }
  }

  return {
    ask,
    async answer(question, form, from) {
      const answer = form.get('answer')
      if (answer === 'cancel' || answer === 'deny') return { kind: 'denied' }
      if (question.about === 'sign-in') {
        return (await grantWish(parts, question, form, from.address)) ?? signIn(question, form, from)
      }
      // Whatever else was sent is no yes.
      return answer === 'allow' ? { kind: 'allowed' } : { kind: 'page', page: await ask(question) }
    },
    gone: gonePage,
  }
}
