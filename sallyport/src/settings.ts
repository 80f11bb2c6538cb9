import { tokenAlgorithms } from '@sallyport/identity'
import { cleanEnv, EnvError, EnvMissingError, makeValidator, str } from 'envalid'
import { resolve } from 'node:path'

/*
 * Every setting there is. docs/configuration.md is made of this file.
 */

/** The services that have a database of their own. */
export const databaseServices = ['identity', 'wallet', 'gacha', 'auction'] as const
export type DatabaseService = (typeof databaseServices)[number]

/** A setting is missing or is not what it should be. The message names settings, never their values. */
export class InvalidSettings extends Error {
  override name = 'InvalidSettings'
}

const port = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new EnvError('must be a port, 0 to 65535')
  return value
})

const directory = makeValidator<string>((text) => {
  if (text === '') throw new EnvError('must be the path of a directory')
  return text
})

const httpUrl = makeValidator<string>((text) => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new EnvError('must be an http or https address')
  return text.replace(/\/+$/, '')
})

const databaseUrl = makeValidator<string>((text) => {
  if (!URL.canParse(text) || !/^postgres(?:ql)?:$/.test(new URL(text).protocol)) {
    throw new EnvError('must have the form postgres://user:password@host:port/database')
  }
  return text
})

const positive = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1) throw new EnvError('must be a whole number from 1')
  return value
})

const natural = makeValidator<number>((text) => {
  if (!/^\d{1,9}$/.test(text)) throw new EnvError('must be a whole number from 0')
  return Number(text)
})

const passwordEncodings = ['plain', 'base64'] as const

const smtpUrl = makeValidator<string>((text) => {
  if (!URL.canParse(text) || !/^smtps?:$/.test(new URL(text).protocol))
    throw new EnvError('must have the form smtp://user:password@host:port or smtps://…')
  return text
})

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/** The settings that are the same for every service, once for each service that has a database. */
function databaseSettings() {
  return Object.fromEntries(
    databaseServices.flatMap((service) => {
      const name = `DATABASE_URL_${service.toUpperCase()}`
      return [
        [
          name,
          databaseUrl({
            default: undefined,
            desc: `The PostgreSQL database of ${service}. Without it an embedded PostgreSQL is started.`,
            example: `postgres://${service}@localhost/${service}`,
          }),
        ],
        [
          `${name}_OWNER`,
          databaseUrl({
            default: undefined,
            desc: `The same database, as the role that owns its tables and runs its migrations. Without it the role of \`${name}\` does.`,
          }),
        ],
      ]
    }),
  )
}

/** Where the other services are, for a part that runs alone. */
function addressSettings() {
  return Object.fromEntries(
    databaseServices.map((service) => [
      `SALLYPORT_URL_${service.toUpperCase()}`,
      httpUrl({
        default: undefined,
        desc: `Where ${service} listens, for parts that are started with \`sallyport serve\`.`,
        example: 'http://127.0.0.1:9090',
      }),
    ]),
  )
}

/** The declarations, by name; each says what it is for. */
export const settings = {
  SALLYPORT_DATA: directory({
    default: './.sallyport',
    desc: 'The directory of everything that is kept: the embedded database, keys, the first administrator.',
  }),
  SALLYPORT_HOST: str({
    default: '127.0.0.1',
    desc: 'The address both doors listen on; with `sallyport serve`, the part. The ports of services are for the gateway alone.',
  }),
  SALLYPORT_PUBLIC_PORT: port({ default: 8080, desc: 'The port of the public door; 0 means any free one.' }),
  SALLYPORT_ADMIN_PORT: port({ default: 8180, desc: 'The port of the admin door; 0 means any free one.' }),
  SALLYPORT_PUBLIC_URL: httpUrl({
    default: undefined,
    desc: 'The address people know this installation by; the issuer of its tokens. Default: `http://localhost:` and the public port.',
    example: 'https://play.example.org',
  }),
  SALLYPORT_LOG_LEVEL: str({
    default: 'warn',
    choices: logLevels,
    desc: 'How much is logged, as JSON lines on standard error. `info` includes an access log.',
  }),
  SALLYPORT_ADMIN_FILE: str({
    default: undefined,
    desc: 'A JSON file that names the first administrator: `{"admin": {"username": …, "email": …, "password": …}}`.',
  }),
  SALLYPORT_ADMIN_USERNAME: str({ default: 'admin', desc: 'The user name of the first administrator.' }),
  SALLYPORT_ADMIN_EMAIL: str({ default: 'admin@example.org', desc: 'The e-mail address of the first administrator.' }),
  SALLYPORT_ADMIN_PASSWORD: str({
    default: undefined,
    desc: 'The password of the first administrator. Without it a random one is made, printed once and kept in `first-administrator` in the data directory.',
  }),
  SALLYPORT_ACCOUNTS_PAGE_SIZE: positive({
    default: 20,
    desc: 'How many users a page of `GET /authy/users` shows.',
  }),
  SALLYPORT_ACCOUNTS_RESERVED_NAMES: str({
    default: 'admin',
    desc: 'User names that nobody gets by signing up at `/authy`, separated by commas.',
  }),
  SALLYPORT_ACCOUNTS_PASSWORD_ENCODING: str({
    default: 'plain',
    choices: passwordEncodings,
    desc: 'How passwords are written at `/authy` when the request does not say it in `password_encoding`: `base64` for clients that know nothing else.',
  }),
  SALLYPORT_TOKEN_ALGORITHM: str({
    default: 'RS256',
    choices: tokenAlgorithms,
    desc: 'What tokens are signed with, from the next key on: `sallyport admin keys rotate` makes one.',
  }),
  SALLYPORT_KEY_ROTATION_DAYS: natural({
    default: 90,
    desc: 'After how many days another key signs the tokens, by itself; 0 is never.',
  }),
  SALLYPORT_REVOCATIONS_FAIL_CLOSED_SECONDS: natural({
    default: 0,
    desc: 'When a part has not heard what was revoked for so many seconds, it answers those who are signed in with 503 until it does; 0 is never.',
  }),
  SALLYPORT_SMTP_URL: smtpUrl({
    default: undefined,
    desc: 'The mail server that takes letters with links. Without it they are put into `mailbox` in the data directory.',
    example: 'smtps://user:password@mail.example.org:465',
  }),
  SALLYPORT_MAIL_FROM: str({ default: 'Sallyport <sallyport@localhost>', desc: 'The sender of these letters.' }),
  SALLYPORT_INSTANCE: str({
    default: '1',
    desc: 'Tells several processes of one part apart; no two that run at once may have the same.',
  }),
  SALLYPORT_PORT: port({
    default: 0,
    desc: 'The port of a part that is started with `sallyport serve`; 0 means any free one.',
  }),
}

const all = { ...settings, ...databaseSettings(), ...addressSettings() }

/** The declarations of every setting, those that exist once for each service included. */
export const allSettings: Readonly<
  Record<string, { readonly desc?: string; readonly default?: string | number | undefined; readonly example?: string }>
> = all

export interface Settings {
  readonly dataDirectory: string
  readonly host: string
  readonly publicPort: number
  readonly adminPort: number
  readonly publicUrl: string | undefined
  readonly logLevel: (typeof logLevels)[number]
  readonly administrator: {
    readonly file: string | undefined
    readonly username: string
    readonly email: string
    readonly password: string | undefined
  }
  /** Databases of one's own, for the services that have one. */
  readonly databaseUrls: {
    readonly [service in DatabaseService]?: { readonly service: string; readonly owner: string }
  }
  /** Where the services of other processes are. */
  readonly serviceUrls: { readonly [service in DatabaseService]?: string }
  readonly accounts: {
    readonly pageSize: number
    readonly reservedNames: readonly string[]
    readonly passwordEncoding: (typeof passwordEncodings)[number]
  }
  readonly tokens: {
    readonly algorithm: (typeof tokenAlgorithms)[number]
    readonly rotationDays: number
    readonly failClosedSeconds: number
  }
  readonly mail: { readonly smtpUrl: string | undefined; readonly from: string }
  readonly partPort: number
  readonly instance: string
}

/** Reads the settings out of environment variables. @throws {InvalidSettings} */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const env = cleanEnv(environment, all, { reporter: refuse })
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(env, name)
    return typeof value === 'string' ? value : undefined
  }
  return {
    dataDirectory: resolve(env.SALLYPORT_DATA),
    host: env.SALLYPORT_HOST,
    publicPort: env.SALLYPORT_PUBLIC_PORT,
    adminPort: env.SALLYPORT_ADMIN_PORT,
    publicUrl: env.SALLYPORT_PUBLIC_URL,
    logLevel: env.SALLYPORT_LOG_LEVEL,
    administrator: {
      file: env.SALLYPORT_ADMIN_FILE,
      username: env.SALLYPORT_ADMIN_USERNAME,
      email: env.SALLYPORT_ADMIN_EMAIL,
      password: env.SALLYPORT_ADMIN_PASSWORD,
    },
    databaseUrls: Object.fromEntries(
      databaseServices.flatMap((service) => {
        const url = text(`DATABASE_URL_${service.toUpperCase()}`)
        const owner = text(`DATABASE_URL_${service.toUpperCase()}_OWNER`) ?? url
        return url !== undefined && owner !== undefined ? [[service, { service: url, owner }]] : []
      }),
    ),
    serviceUrls: Object.fromEntries(
      databaseServices.flatMap((service) => {
        const url = text(`SALLYPORT_URL_${service.toUpperCase()}`)
        return url === undefined ? [] : [[service, url]]
      }),
    ),
    accounts: {
      pageSize: env.SALLYPORT_ACCOUNTS_PAGE_SIZE,
      reservedNames: listOf(env.SALLYPORT_ACCOUNTS_RESERVED_NAMES).map((name) => name.toLowerCase()),
      passwordEncoding: env.SALLYPORT_ACCOUNTS_PASSWORD_ENCODING,
    },
    tokens: {
      algorithm: env.SALLYPORT_TOKEN_ALGORITHM,
      rotationDays: env.SALLYPORT_KEY_ROTATION_DAYS,
      failClosedSeconds: env.SALLYPORT_REVOCATIONS_FAIL_CLOSED_SECONDS,
    },
    mail: { smtpUrl: env.SALLYPORT_SMTP_URL, from: env.SALLYPORT_MAIL_FROM },
    partPort: env.SALLYPORT_PORT,
    instance: env.SALLYPORT_INSTANCE,
  }
}

const choicesOf = {
  SALLYPORT_LOG_LEVEL: logLevels,
  SALLYPORT_ACCOUNTS_PASSWORD_ENCODING: passwordEncodings,
  SALLYPORT_TOKEN_ALGORITHM: tokenAlgorithms,
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
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
