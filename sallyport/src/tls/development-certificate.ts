import { join } from 'node:path'
import { makeDataDirectory } from '@sallyport/database'
import { type Certificate, development, faultOf } from '@sallyport/gateway'
import { readIfPresent, readOrMake, replaceFile } from '../data-directory/private-file.ts'

/** A certificate is replaced when it has no more days than these. */
const renewalDays = 30
/** The same for the authority, which has to outlive what it issues. */
const authorityRenewalDays = 100

/** The certificate of the authority that is told to browsers. */
export function authorityFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'tls', 'authority.pem')
}

/**
 * A certificate of an authority of the installation's own: made at the first start, and anew before it expires or when it
 * has to be for other names. Keys stay, so that of two programs on one directory each has what fits the other's.
 *
 * @throws {DirectoryUnusable}
 */
export async function developmentCertificate(
  dataDirectory: string,
  names: readonly string[],
  now: Date,
): Promise<Certificate> {
  await makeDataDirectory(dataDirectory)
  const directory = join(dataDirectory, 'tls')
  const authority = await certificateAt(authorityFileOf(dataDirectory), join(directory, 'authority.key'), {
    isGood: (pem) => development.isGoodFor(pem, [], authorityRenewalDays, now),
    make: (privateKeyPem) => development.makeAuthority(privateKeyPem, now),
  })
  const signer = { certificatePem: authority.chainPem, privateKeyPem: authority.privateKeyPem }
  return certificateAt(join(directory, 'doors.pem'), join(directory, 'doors.key'), {
    isGood: (pem) =>
      development.isIssuedBy(pem, signer.certificatePem) && development.isGoodFor(pem, names, renewalDays, now),
    make: (privateKeyPem) => development.issueCertificate(signer, { privateKeyPem, names }, now),
  })
}

async function certificateAt(
  certificateFile: string,
  keyFile: string,
  { isGood, make }: { isGood: (pem: string) => boolean; make: (privateKeyPem: string) => Promise<string> },
): Promise<Certificate> {
  const privateKeyPem = await readOrMake(keyFile, development.makePrivateKey)
  const kept = await readIfPresent(certificateFile)
  if (kept !== undefined && faultOf({ chainPem: kept, privateKeyPem }) === undefined && isGood(kept)) {
    return { chainPem: kept, privateKeyPem }
  }
  const chainPem = await make(privateKeyPem)
  await replaceFile(certificateFile, chainPem)
  return { chainPem, privateKeyPem }
}
