import { generateSecret, generateURI, verifySync } from 'otplib'

const stepSeconds = 30
/** What every authenticator app can do (RFC 6238 with its defaults). */
const kind = { strategy: 'totp', algorithm: 'sha1', digits: 6, period: stepSeconds } as const

/** 160 random bits, in Base32. */
export function newTotpSecret(): string {
  return generateSecret({ length: 20 })
}

/** What an authenticator app reads from a QR code. */
export function totpUri(secret: string, { issuer, username }: { readonly issuer: string; readonly username: string }) {
  return generateURI({ ...kind, issuer, label: username, secret })
}

/**
 * Which step of time a code is of, since 1970: the present one, or for clocks that differ the one before or after it.
 * Undefined for a wrong code.
 */
export function stepOfCode(secret: string, code: string, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const epoch = Math.floor(now.getTime() / 1000)
  const result = verifySync({ ...kind, secret, token: code, epoch, epochTolerance: stepSeconds })
  return result.valid ? Math.floor(epoch / stepSeconds) + result.delta : undefined
}
