import type { Answer, Question } from '@sallyport/openid'
import { type FactorProof, SignInOver, WrongCode } from '../factors/factor.ts'
import type { SecondSteps } from '../factors/second-steps.ts'
import type { SessionOrigin } from '../sessions/session.ts'
import { type FactorComplaint, factorPage, type Way } from './factor-pages.ts'
import { signInPage } from './pages.ts'
import { waitOf } from './waits.ts'

/** Takes what comes from the page of the second factor. Undefined for what does not. */
export async function answerSecondStep(
  secondSteps: SecondSteps,
  question: Question,
  form: URLSearchParams,
  origin: SessionOrigin,
): Promise<Answer | undefined> {
  async function ask(way: Way | undefined, complaint?: FactorComplaint): Promise<Answer> {
    const half = await secondSteps.find(question.id)
    const page = half ? factorPage(question, half.factors, way, complaint) : beginAnew(question)
    return { kind: 'page', page }
  }

  async function prove(proof: FactorProof): Promise<Answer> {
    try {
      const { uid, sid, amr, acr } = await secondSteps.prove(question.id, proof, origin)
      return { kind: 'signed-in', accountId: uid, session: sid, amr, acr }
    } catch (error) {
      if (error instanceof SignInOver) return { kind: 'page', page: beginAnew(question) }
      const complaint = error instanceof WrongCode ? 'wrongCode' : waitOf(error)
      if (!complaint) throw error
      return ask(proof.kind, complaint)
    }
  }

  const code = form.get('code') ?? ''
  switch (form.get('answer') ?? '') {
    case 'prove-totp':
      return prove({ kind: 'totp', code: code.replaceAll(/\s/g, '') })
    case 'prove-recovery-code':
      return prove({ kind: 'recovery-code', code })
    case 'use-totp':
      return ask('totp')
    case 'use-recovery-code':
      return ask('recovery-code')
    case 'begin-anew':
      await secondSteps.forget(question.id)
      return { kind: 'page', page: signInPage(question) }
    default:
      return undefined
  }
}

function beginAnew(question: Question) {
  return signInPage(question, { username: '', complaint: 'signInOver' })
}
