import type { Answer, Page, Question } from '@sallyport/openid'
import { type FactorProof, SignInOver, WrongCode } from '../factors/factor.ts'
import type { SecondSteps } from '../factors/second-steps.ts'
import type { SessionOrigin } from '../sessions/session.ts'
import { type FactorComplaint, factorPage, type Way } from './factor-pages.ts'
import { askWho, secondStepPart, type WithPasskeys } from './passkeys-on-pages.ts'
import { waitOf } from './waits.ts'

/** Takes what comes from the page of the second factor. Undefined for what does not. */
export async function answerSecondStep(
  parts: WithPasskeys & { readonly secondSteps: SecondSteps },
  question: Question,
  form: URLSearchParams,
  origin: SessionOrigin,
): Promise<Answer | undefined> {
  const { secondSteps } = parts

  async function ask(way: Way | undefined, complaint?: FactorComplaint): Promise<Answer> {
    const page = await askFactor(parts, question, { ...(way && { way }), ...(complaint && { complaint }) })
    return page ? { kind: 'page', page } : beginAnew()
  }

  async function beginAnew(): Promise<Answer> {
    return { kind: 'page', page: await askWho(parts, question, { username: '', complaint: 'signInOver' }) }
  }

  async function prove(proof: FactorProof): Promise<Answer> {
    try {
      const { uid, sid, amr, acr } = await secondSteps.prove(question.id, proof, origin)
      return { kind: 'signed-in', accountId: uid, session: sid, amr, acr }
    } catch (error) {
      if (error instanceof SignInOver) return beginAnew()
      const isPasskey = proof.kind === 'passkey'
      const complaint = error instanceof WrongCode ? (isPasskey ? 'passkeyRefused' : 'wrongCode') : waitOf(error)
      if (!complaint) throw error
      return ask(isPasskey ? undefined : proof.kind, complaint)
    }
  }

  const code = form.get('code') ?? ''
  switch (form.get('answer') ?? '') {
    case 'prove-totp':
      return prove({ kind: 'totp', code: code.replaceAll(/\s/g, '') })
    case 'prove-recovery-code':
      return prove({ kind: 'recovery-code', code })
    case 'prove-passkey':
      return prove({ kind: 'passkey', answer: form.get('credential') ?? '' })
    case 'use-totp':
      return ask('totp')
    case 'use-recovery-code':
      return ask('recovery-code')
    case 'begin-anew':
      await secondSteps.forget(question.id)
      return { kind: 'page', page: await askWho(parts, question) }
    default:
      return undefined
  }
}

/** The page that asks for the second factor; undefined when no password was proven, or not lately. */
export async function askFactor(
  parts: WithPasskeys & { readonly secondSteps: SecondSteps },
  question: Question,
  again: { readonly way?: Way; readonly complaint?: FactorComplaint } = {},
): Promise<Page | undefined> {
  const half = await parts.secondSteps.find(question.id)
  return (
    half && factorPage(question, half.factors, { ...again, passkey: await secondStepPart(parts, question, half.uid) })
  )
}
