import { identity, parseRates, pictures, type Rate } from '@sallyport/contracts'
import type { PicturesChoices } from '@sallyport/pictures'
import { cleanEnv, EnvMissingError } from 'envalid'
import { join, resolve } from 'node:path'
import { doors, passwordHashes, passwordEncodings, logLevels, declarations } from './declarations.ts'
import { listOf } from './formats.ts'
import { partNames, type PartName } from './parts.ts'

/** A setting is missing or is not what it should be. The message names settings, never their values. */
export class InvalidSettings extends Error {
  override name = 'InvalidSettings'
}

export interface Settings {
  readonly dataDirectory: string
  /** Where services of the user's own are described; the usual file in the working directory when it is not named. */
  readonly configFile: string | undefined
  readonly host: string
  readonly publicPort: number
  readonly adminPort: number
  readonly publicUrl: string | undefined
  /** How the doors come to a certificate; without one they speak HTTP. */
  readonly tls: TlsSettings | undefined
  /** Where who comes without TLS is sent to the public door. */
  readonly redirectPort: number | undefined
  readonly trustedProxies: readonly string[]
  readonly logLevel: (typeof logLevels)[number]
  readonly administrator: {
    readonly file: string | undefined
    readonly username: string
    readonly email: string
    readonly password: string | undefined
  }
  /** Databases of one's own. */
  readonly databaseUrls: {
    readonly [part in PartName]?: { readonly service: string; readonly owner: string }
  }
  /** Standbys of one's own of identity's database. */
  readonly identityReplicaUrls: readonly string[]
  /** How many standbys the embedded PostgreSQL has. */
  readonly standbys: number
  /** Where the instances of parts in other processes are. */
  readonly partUrls: { readonly [part in PartName]?: readonly string[] }
  /** What the gateway grants the services of other processes. */
  readonly upstream: {
    readonly tryMs: number
    readonly totalMs: number
    readonly connections: number
    readonly waiting: number
  }
  readonly accounts: {
    readonly pageSize: number
    readonly reservedNames: readonly string[]
    readonly passwordEncoding: (typeof passwordEncodings)[number]
    readonly administrationDoor: (typeof doors)[number]
    readonly httpsOnly: boolean
    readonly hookUrl: string | undefined
  }
  /** What pictures are, and whether their keys are bound to the address that registered. */
  readonly pictures: PicturesChoices & { readonly bindsKeys: boolean }
  /** How often one client address or key may ask for something, by the names of the quotas. */
  readonly quotaRates: { readonly [name in identity.IdentityQuota | pictures.PicturesQuota]: readonly Rate[] }
  /** The same for letters with links. */
  readonly linkRates: readonly Rate[]
  /** The same for everything at the public door. */
  readonly addressRates: readonly Rate[]
  readonly openId: { readonly callPrivateAddresses: boolean }
  readonly passwordHashing: {
    readonly newHashes: { readonly algorithm: (typeof passwordHashes)[number]; readonly pbkdf2Iterations: number }
  }
  readonly tokens: {
    readonly algorithm: identity.TokenAlgorithm
    readonly rotationDays: number
    readonly failClosedSeconds: number
  }
  /** The keys that the gateway signs with. */
  readonly gatewayKeys: { readonly directory: string; readonly signingKeyId: string | undefined }
  /** Under which name it signs the claims of services, and for whom. */
  readonly signedClaims: { readonly issuer: string; readonly audience: string; readonly lifeSeconds: number }
  /** For how many days what is personal is kept that nobody needs any more; 0 is for ever. */
  readonly retention: { readonly auditDays: number; readonly deletedAccountDays: number; readonly accessDays: number }
  readonly mail: { readonly smtpUrl: string | undefined; readonly from: string }
  readonly partHost: string
  readonly partPort: number
  readonly instance: string
}

/** PostgreSQL lets ten be connected, and each is made over one connection more. */
const STANDBYS_LIMIT = 8

export type TlsSettings =
  | { readonly kind: 'files'; readonly certificateFile: string; readonly keyFile: string }
  | { readonly kind: 'development' }

/** Reads the settings out of environment variables. @throws {InvalidSettings} */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const env = cleanEnv(environment, declarations, { reporter: refuse })
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(env, name)
    return typeof value === 'string' ? value : undefined
  }
  const tls = tlsOf(env)
  return {
    tls,
    redirectPort: env.SALLYPORT_REDIRECT_PORT,
    dataDirectory: resolve(env.SALLYPORT_DATA),
    configFile: env.SALLYPORT_CONFIG,
    host: env.SALLYPORT_HOST,
    publicPort: env.SALLYPORT_PUBLIC_PORT,
    adminPort: env.SALLYPORT_ADMIN_PORT,
    publicUrl: env.SALLYPORT_PUBLIC_URL,
    trustedProxies: env.SALLYPORT_TRUSTED_PROXIES,
    logLevel: env.SALLYPORT_LOG_LEVEL,
    administrator: {
      file: env.SALLYPORT_ADMIN_FILE,
      username: env.SALLYPORT_ADMIN_USERNAME,
      email: env.SALLYPORT_ADMIN_EMAIL,
      password: env.SALLYPORT_ADMIN_PASSWORD,
    },
    databaseUrls: Object.fromEntries(
      partNames.flatMap((part) => {
        const url = text(`DATABASE_URL_${part.toUpperCase()}`)
        const owner = text(`DATABASE_URL_${part.toUpperCase()}_OWNER`) ?? url
        return url !== undefined && owner !== undefined ? [[part, { service: url, owner }]] : []
      }),
    ),
    ...replicasOf(env, text('DATABASE_URL_IDENTITY')),
    partUrls: Object.fromEntries(
      partNames.flatMap((part) => {
        const value: unknown = Reflect.get(env, `SALLYPORT_URL_${part.toUpperCase()}`)
        const urls = [value].flat().filter((url) => typeof url === 'string')
        return urls.length > 0 ? [[part, urls]] : []
      }),
    ),
    upstream: {
      tryMs: env.SALLYPORT_UPSTREAM_TRY_SECONDS * 1000,
      totalMs: env.SALLYPORT_UPSTREAM_TOTAL_SECONDS * 1000,
      connections: env.SALLYPORT_UPSTREAM_CONNECTIONS,
      waiting: env.SALLYPORT_UPSTREAM_WAITING,
    },
    accounts: {
      pageSize: env.SALLYPORT_ACCOUNTS_PAGE_SIZE,
      reservedNames: listOf(env.SALLYPORT_ACCOUNTS_RESERVED_NAMES).map((name) => name.toLowerCase()),
      passwordEncoding: env.SALLYPORT_ACCOUNTS_PASSWORD_ENCODING,
      administrationDoor: env.SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR,
      httpsOnly: env.SALLYPORT_ACCOUNTS_HTTPS_ONLY,
      hookUrl: env.SALLYPORT_ACCOUNTS_HOOK_URL,
    },
    pictures: {
      bindsKeys: env.SALLYPORT_PICTURES_BIND_KEYS,
      mode: env.SALLYPORT_PICTURES_MODE,
      uploadLimitBytes: env.SALLYPORT_PICTURES_UPLOAD_BYTES,
      mostPixels: env.SALLYPORT_PICTURES_UPLOAD_PIXELS,
      isModerated: env.SALLYPORT_PICTURES_MODERATION,
      directory: resolve(env.SALLYPORT_DATA, 'pictures'),
      apod: { url: env.SALLYPORT_APOD_URL, key: env.SALLYPORT_APOD_KEY },
    },
    quotaRates: {
      accounts: ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT),
      'accounts-log-in': ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_LOGIN),
      'accounts-sign-up': ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_SIGN_UP),
      'accounts-validation': ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_VALIDATION),
      pictures: ratesOf(env.SALLYPORT_PICTURES_LIMIT),
      'pictures-address': ratesOf(env.SALLYPORT_PICTURES_LIMIT_ADDRESS),
    },
    linkRates: ratesOf(env.SALLYPORT_LIMIT_LINKS),
    addressRates: ratesOf(env.SALLYPORT_LIMIT_ADDRESS),
    openId: { callPrivateAddresses: env.SALLYPORT_OPENID_CALL_PRIVATE_ADDRESSES },
    passwordHashing: {
      newHashes: {
        algorithm: env.SALLYPORT_PASSWORD_HASH ?? env.PASSWORD_HASH ?? 'argon2id',
        pbkdf2Iterations: env.SALLYPORT_PBKDF2_ITERATIONS,
      },
    },
    tokens: {
      algorithm: env.SALLYPORT_TOKEN_ALGORITHM,
      rotationDays: env.SALLYPORT_KEY_ROTATION_DAYS,
      failClosedSeconds: env.SALLYPORT_REVOCATIONS_FAIL_CLOSED_SECONDS,
    },
    retention: {
      auditDays: env.SALLYPORT_RETENTION_AUDIT_DAYS,
      deletedAccountDays: env.SALLYPORT_RETENTION_DELETED_ACCOUNT_DAYS,
      accessDays: env.SALLYPORT_RETENTION_ACCESS_DAYS,
    },
    mail: { smtpUrl: env.SALLYPORT_SMTP_URL, from: env.SALLYPORT_MAIL_FROM },
    gatewayKeys: {
      directory: resolve(env.SALLYPORT_GATEWAY_KEYS ?? join(env.SALLYPORT_DATA, 'gateway-keys')),
      signingKeyId: env.SALLYPORT_GATEWAY_SIGNING_KEY,
    },
    signedClaims: {
      issuer: env.SALLYPORT_GATEWAY_ISSUER,
      audience: env.SALLYPORT_GATEWAY_AUDIENCE,
      lifeSeconds: env.SALLYPORT_GATEWAY_TOKEN_SECONDS,
    },
    partHost: env.SALLYPORT_PART_HOST,
    partPort: env.SALLYPORT_PORT,
    instance: env.SALLYPORT_INSTANCE,
  }
}

/** @throws {InvalidSettings} when there would be standbys of a database that is not used */
function replicasOf(
  env: {
    readonly DATABASE_URL_IDENTITY_REPLICAS?: readonly string[] | undefined
    readonly SALLYPORT_STANDBYS: number
  },
  identityUrl: string | undefined,
): Pick<Settings, 'identityReplicaUrls' | 'standbys'> {
  const { DATABASE_URL_IDENTITY_REPLICAS: urls = [], SALLYPORT_STANDBYS: standbys } = env
  if (urls.length > 0 && identityUrl === undefined)
    throw new InvalidSettings(
      'DATABASE_URL_IDENTITY_REPLICAS are standbys of DATABASE_URL_IDENTITY, which is needed too',
    )
  if (standbys > 0 && identityUrl !== undefined)
    throw new InvalidSettings(
      'SALLYPORT_STANDBYS is for the embedded PostgreSQL: those of DATABASE_URL_IDENTITY are named in DATABASE_URL_IDENTITY_REPLICAS',
    )
  if (standbys > STANDBYS_LIMIT) throw new InvalidSettings(`SALLYPORT_STANDBYS must be at most ${STANDBYS_LIMIT}`)
  return { identityReplicaUrls: urls, standbys }
}

/** @throws {InvalidSettings} when settings about TLS contradict one another */
function tlsOf(env: {
  readonly SALLYPORT_TLS_CERTIFICATE?: string | undefined
  readonly SALLYPORT_TLS_KEY?: string | undefined
  readonly SALLYPORT_TLS_DEVELOPMENT: boolean
  readonly SALLYPORT_REDIRECT_PORT?: number | undefined
  readonly SALLYPORT_PUBLIC_URL?: string | undefined
}): TlsSettings | undefined {
  const { SALLYPORT_TLS_CERTIFICATE: certificateFile, SALLYPORT_TLS_KEY: keyFile } = env
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new InvalidSettings('SALLYPORT_TLS_CERTIFICATE and SALLYPORT_TLS_KEY are needed together')
  }
  const hasFiles = certificateFile !== undefined && keyFile !== undefined
  if (hasFiles && env.SALLYPORT_TLS_DEVELOPMENT) {
    throw new InvalidSettings('SALLYPORT_TLS_DEVELOPMENT is for who has no SALLYPORT_TLS_CERTIFICATE: set one of them')
  }
  if (!hasFiles && !env.SALLYPORT_TLS_DEVELOPMENT) {
    if (env.SALLYPORT_REDIRECT_PORT === undefined) return undefined
    throw new InvalidSettings(
      'SALLYPORT_REDIRECT_PORT leads to https: set SALLYPORT_TLS_CERTIFICATE and SALLYPORT_TLS_KEY',
    )
  }
  if (env.SALLYPORT_PUBLIC_URL?.startsWith('http:') === true) {
    throw new InvalidSettings('SALLYPORT_PUBLIC_URL must be an https address, because the doors speak TLS')
  }
  return hasFiles
    ? { kind: 'files', certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) }
    : { kind: 'development' }
}

const choicesOf = {
  SALLYPORT_LOG_LEVEL: logLevels,
  SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR: doors,
  SALLYPORT_ACCOUNTS_PASSWORD_ENCODING: passwordEncodings,
  SALLYPORT_PASSWORD_HASH: passwordHashes,
  PASSWORD_HASH: passwordHashes,
  SALLYPORT_PICTURES_MODE: pictures.picturesModes,
  SALLYPORT_TOKEN_ALGORITHM: identity.tokenAlgorithms,
}

function ratesOf(text: string): readonly Rate[] {
  return parseRates(text) ?? []
}

function refuse({ errors }: { errors: Partial<Record<string, Error>> }): void {
  const complaints = Object.entries(errors).map(([name, error]) => {
    if (error instanceof EnvMissingError) return `${name} is needed`
    // The library's message about a choice quotes the value, which may be a secret put into the wrong place.
    const choices = Reflect.get(choicesOf, name)
    return `${name} ${choices === undefined ? error?.message : `must be one of ${choices.join(', ')}`}`
  })
  if (complaints.length > 0) throw new InvalidSettings(complaints.join('\n'))
}
