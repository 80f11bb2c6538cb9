import { type Certificate, concernsAbout } from '@sallyport/gateway'
import type { Clock } from '@sallyport/kernel'
import type { Logger } from 'pino'
import { keepLooking } from '../keep-looking.ts'
import type { Settings } from '../settings/settings.ts'
import { readCertificate } from './certificate-files.ts'
import { authorityFileOf, developmentCertificate } from './development-certificate.ts'

/** How often is looked whether there is another certificate, in milliseconds; the program's own expires in weeks. */
const lookEveryMs = { files: 2000, development: 60 * 60 * 1000 }
/** How often the same is said again about a certificate that somebody should see to, in milliseconds. */
const concernEveryMs = 24 * 60 * 60 * 1000

/** The certificate of the doors, and whatever becomes of it. */
export interface DoorTls {
  readonly certificate: Certificate
  /** The authority that whoever comes has to be told of; only where it is one of the installation's own. */
  readonly authorityFile?: string
  /** Calls back with every certificate that takes the place of the one before. */
  follow(use: (certificate: Certificate) => void): { stop(): void }
}

type TlsSettings = Pick<Settings, 'tls' | 'dataDirectory' | 'host' | 'publicUrl'>

/** Comes to a certificate as the settings say. @throws {CertificateUnusable} @throws {DirectoryUnusable} */
export async function openDoorTls(
  settings: TlsSettings,
  { clock, log, lookMs }: { readonly clock: Clock; readonly log: Logger; readonly lookMs?: number },
): Promise<DoorTls | undefined> {
  const { tls, dataDirectory } = settings
  if (!tls) return undefined
  const everyMs = lookMs ?? lookEveryMs[tls.kind]
  const host = hostOf(settings.publicUrl)
  const obtain = (): Promise<Certificate> =>
    tls.kind === 'files'
      ? readCertificate(tls)
      : developmentCertificate(dataDirectory, namesOf(host, settings.host), clock.now())
  let current = await obtain()
  const concerns = createConcerns(log)
  concerns.about(current, host, clock.now())
  return {
    certificate: current,
    ...(tls.kind === 'development' && { authorityFile: authorityFileOf(dataDirectory) }),
    follow(use) {
      let failure = ''
      const look = async (): Promise<void> => {
        try {
          const next = await obtain()
          failure = ''
          const isOther = next.chainPem !== current.chainPem || next.privateKeyPem !== current.privateKeyPem
          current = next
          if (isOther) {
            use(next)
            log.info('the doors show another certificate from now on')
          }
          concerns.about(next, host, clock.now())
        } catch (error) {
          // While one of two files has been replaced they do not fit. What was there before is shown until they do.
          const message = error instanceof Error ? error.message : String(error)
          if (message !== failure) log.warn({ reason: message }, 'the certificate of the doors stays as it is')
          failure = message
        }
      }
      return keepLooking(look, everyMs)
    },
  }
}

/** Says what should be said about certificates, and not again too soon. */
function createConcerns(log: Logger): { about(certificate: Certificate, host: string, now: Date): void } {
  let [said, saidAt] = ['', 0]
  return {
    about(certificate, host, now) {
      const concerns = concernsAbout(certificate, host, now).join('; ')
      if (concerns === said && now.getTime() - saidAt < concernEveryMs) return
      if (concerns !== '') log.warn(`the certificate of the doors ${concerns}`)
      ;[said, saidAt] = [concerns, now.getTime()]
    },
  }
}

/** What the doors are called by. */
function namesOf(host: string, listeningHost: string): readonly string[] {
  const everywhere = ['0.0.0.0', '::']
  return [
    ...new Set(['localhost', '127.0.0.1', '::1', host, ...(everywhere.includes(listeningHost) ? [] : [listeningHost])]),
  ]
}

function hostOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')
}
