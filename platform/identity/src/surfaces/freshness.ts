import { problem, type Reply } from '@sallyport/contracts'
import type { Rejection } from '@sallyport/kernel'
import { SignInTooOld } from '../sessions/fresh-sign-in.ts'

/** How OAuth clients are told that somebody has to say again who they are (RFC 9470 §3). */
export function freshnessWords(rejection: Rejection): Reply | undefined {
  if (!(rejection instanceof SignInTooOld)) return undefined
  const { code, message: detail, facts } = rejection
  const challenge = `Bearer error="insufficient_user_authentication", error_description="${detail}", max_age="${facts.max_age}"`
  return problem(401, 'Not authenticated', { detail, code, ...facts }, { 'www-authenticate': challenge })
}
