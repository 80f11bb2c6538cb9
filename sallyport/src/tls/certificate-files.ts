import { readFile } from 'node:fs/promises'
import { type Certificate, faultOf } from '@sallyport/gateway'
import type { TlsSettings } from '../settings/settings.ts'

/** The doors cannot use the certificate they are to show. The message names setting, file and reason. */
export class CertificateUnusable extends Error {
  override name = 'CertificateUnusable'
}

export type CertificateFiles = Extract<TlsSettings, { kind: 'files' }>

/** Reads the certificate of the doors and its key. @throws {CertificateUnusable} */
export async function readCertificate({ certificateFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [chainPem, privateKeyPem] = await Promise.all([
    readSetting('SALLYPORT_TLS_CERTIFICATE', certificateFile),
    readSetting('SALLYPORT_TLS_KEY', keyFile),
  ])
  const certificate = { chainPem, privateKeyPem }
  const found = faultOf(certificate)
  if (found?.half === 'chain')
    throw new CertificateUnusable(`SALLYPORT_TLS_CERTIFICATE: ${certificateFile} ${found.fault}`)
  if (found) throw new CertificateUnusable(`SALLYPORT_TLS_KEY: ${keyFile} ${found.fault}`)
  return certificate
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read by this program',
  EISDIR: 'is a directory',
}

async function readSetting(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = String(Reflect.get(Object(error), 'code'))
    throw new CertificateUnusable(`${setting}: ${path} ${reasons[code] ?? `cannot be read (${code})`}`, {
      cause: error,
    })
  }
}
