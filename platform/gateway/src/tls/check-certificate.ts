import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Certificate } from './certificate.ts'
import { secureContextOf } from './secure-context.ts'

/** What is wrong with a certificate, and with which half of it. */
export interface CertificateFault {
  readonly half: 'chain' | 'key'
  /** Such as `is no private key in PEM`. */
  readonly fault: string
}

/** Tells why a door cannot use a certificate; undefined when it can. */
export function faultOf(certificate: Certificate): CertificateFault | undefined {
  let own: X509Certificate
  try {
    own = new X509Certificate(certificate.chainPem)
  } catch {
    return { half: 'chain', fault: 'is no certificate in PEM' }
  }
  let key: KeyObject
  try {
    key = createPrivateKey(certificate.privateKeyPem)
  } catch {
    const locked = certificate.privateKeyPem.includes('ENCRYPTED')
    return { half: 'key', fault: locked ? 'has a passphrase, and must have none' : 'is no private key in PEM' }
  }
  if (!own.checkPrivateKey(key)) return { half: 'key', fault: 'does not fit the certificate' }
  try {
    createSecureContext(secureContextOf(certificate))
  } catch (error) {
    return { half: 'chain', fault: `is refused: ${error instanceof Error ? error.message : 'for an unknown reason'}` }
  }
  return undefined
}

const dayMs = 24 * 60 * 60 * 1000
/** From so many days before its end on, somebody should see to it. */
const warningDays = 14

/** What should be said about a certificate that can be used: nothing, as a rule. */
export function concernsAbout({ chainPem }: Certificate, host: string, now: Date): readonly string[] {
  const own = new X509Certificate(chainPem)
  const concerns: string[] = []
  const leftMs = own.validToDate.getTime() - now.getTime()
  const end = own.validToDate.toISOString()
  if (leftMs <= 0) concerns.push(`has expired at ${end}`)
  else if (leftMs < warningDays * dayMs) concerns.push(`expires at ${end}`)
  if (own.validFromDate > now) concerns.push(`counts only from ${own.validFromDate.toISOString()} on`)
  if ((isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host)) === undefined) concerns.push(`is not for ${host}`)
  return concerns
}
