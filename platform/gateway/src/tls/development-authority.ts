import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'

/*
 * Certificates for those who have none yet: an authority of the installation's own, which a developer may tell a browser
 * to trust, and a certificate of it for the doors (cloud C-94).
 */

/** How long an authority counts; whoever trusts it has to trust the next one anew, in days. */
const authorityDays = 730
/** How long a certificate of it counts, in days. No browser takes one of more than 398. */
const certificateDays = 90
const dayMs = 24 * 60 * 60 * 1000
/** The clocks of others may be behind, in milliseconds. */
const clockSlackMs = 60 * 60 * 1000

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A private key for an authority or a door, in PEM. */
export function makePrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: signing.namedCurve })
  return privateKey.export({ type: 'pkcs8', format: 'pem' })
}

/** The certificate of an authority that has this private key, in PEM. */
export async function makeAuthority(privateKeyPem: string, now: Date): Promise<string> {
  const x509 = await library()
  const keys = keyPairOf(privateKeyPem)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sallyport development authority',
    notBefore: new Date(now.getTime() - clockSlackMs),
    notAfter: new Date(now.getTime() + authorityDays * dayMs),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      // oxlint-disable-next-line no-bitwise -- flags
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pem(certificate)
}

export interface Wish {
  /** Of the door. */
  readonly privateKeyPem: string
  /** Names and addresses under which it is called. */
  readonly names: readonly string[]
}

/** A certificate for a door, in PEM. */
export async function issueCertificate(
  authority: { readonly certificatePem: string; readonly privateKeyPem: string },
  { privateKeyPem, names }: Wish,
  now: Date,
): Promise<string> {
  const x509 = await library()
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const [own, authorityKeys] = [keyPairOf(privateKeyPem), keyPairOf(authority.privateKeyPem)]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=Sallyport',
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - clockSlackMs),
    notAfter: new Date(now.getTime() + certificateDays * dayMs),
    publicKey: own.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
    ],
  })
  return pem(certificate)
}

/** Whether a certificate counts for another so many days, and for all of these names. */
export function isGoodFor(certificatePem: string, names: readonly string[], days: number, now: Date): boolean {
  const certificate = new X509Certificate(certificatePem)
  const covers = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
  return certificate.validToDate.getTime() - now.getTime() > days * dayMs && names.every(covers)
}

/** Is large and seldom needed, so it is loaded then. It wants the reflection of decorators to be there. */
async function library() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function pem(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem')}\n`
}

/** 16 random bytes; the first bit is clear, so that the number is positive. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] ?? 0) % 128 || 1
  return bytes.toString('hex')
}

function keyPairOf(privateKeyPem: string): webcrypto.CryptoKeyPair {
  const key = createPrivateKey(privateKeyPem)
  return {
    privateKey: key.toCryptoKey(signing, true, ['sign']),
    publicKey: createPublicKey(key).toCryptoKey(signing, true, ['verify']),
  }
}

/** Whether a certificate is of this authority, and counts as long as the authority does. */
export function isIssuedBy(certificatePem: string, authorityPem: string): boolean {
  const [certificate, authority] = [new X509Certificate(certificatePem), new X509Certificate(authorityPem)]
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}
