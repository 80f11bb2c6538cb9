import { methodsOf, type ProvenPasskey } from '../passkeys/passkey.ts'
import type { FactorProof } from './factor.ts'

/** How well somebody has proven who they are, in the values of `acr`, the weakest first. */
export const acrs = [
  'urn:sallyport:acr:password',
  'urn:sallyport:acr:two-factors',
  // Resistant to phishing (OpenID Connect Extended Authentication Profile ACR Values 1.0 §2).
  'phr',
] as const

export type Acr = (typeof acrs)[number]

/** What a sign-in is worth to clients. */
export interface Worth {
  readonly acr: Acr
  /** In the words of RFC 8176. */
  readonly amr: readonly string[]
}

export const worthOfPassword: Worth = { acr: 'urn:sallyport:acr:password', amr: ['pwd'] }

/** The same with a second factor after it. RFC 8176 has no word for a recovery code. */
export const worthOfBoth: Readonly<Record<Exclude<FactorProof['kind'], 'passkey'>, Worth>> = {
  totp: { acr: 'urn:sallyport:acr:two-factors', amr: ['pwd', 'otp', 'mfa'] },
  'recovery-code': { acr: 'urn:sallyport:acr:two-factors', amr: ['pwd', 'mfa'] },
}

/** A passkey alone that knows who uses it: it, and what it makes sure by. */
export function worthOfPasskey(proven: ProvenPasskey): Worth {
  return { acr: 'phr', amr: [...methodsOf(proven), 'mfa'] }
}

/** The same after a password: neither works at another place than here. */
export function worthOfPasswordAndPasskey(proven: ProvenPasskey): Worth {
  return { acr: 'phr', amr: ['pwd', ...methodsOf(proven), 'mfa'] }
}
