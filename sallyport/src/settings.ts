import { type AccountsSurfaceSettings, parseRates, type Rate, tokenAlgorithms } from '@sallyport/identity'
import { bool, cleanEnv, EnvError, EnvMissingError, makeValidator, str } from 'envalid'
import { isIP } from 'node:net'
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

/** Addresses and networks, separated by commas. */
const networks = makeValidator<readonly string[]>((text) => {
  const list = listOf(text)
  if (!list.every(isNetwork))
    throw new EnvError('must be addresses or networks such as 10.0.0.0/8, separated by commas')
  return list
})

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/', 2)
  const family = isIP(address)
  return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
}

/** So many in a second, minute, hour or day; several separated by commas. */
const rates = makeValidator<string>((text) => {
  if (!parseRates(text)) throw new EnvError('must be like 100/hour or 500/minute,50/second, or none')
  return text
})

const doors = ['public', 'admin'] as const
/** What the enrollment system was built with; fewer would be too cheap to guess (enrollment E-19). */
const leastPbkdf2Iterations = 260_000
/** A second or two of a core; identity reads no hashes that ask for more. */
const mostPbkdf2Iterations = 5_000_000

const pbkdf2Iterations = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d{1,8}$/.test(text) || value < leastPbkdf2Iterations || value > mostPbkdf2Iterations) {
    throw new EnvError(`must be a whole number, ${leastPbkdf2Iterations} to ${mostPbkdf2Iterations}`)
  }
  return value
})

const passwordHashes = ['argon2id', 'pbkdf2_sha256'] as const
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
  SALLYPORT_TRUSTED_PROXIES: networks({
    default: [],
    desc: 'The proxies in front of the doors, addresses or networks separated by commas: they are believed what they say in `X-Forwarded-For` and `X-Forwarded-Proto`, and nobody else is.',
    example: '10.0.0.1,192.168.0.0/16',
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
  SALLYPORT_ACCOUNTS_LIMIT: rates({
    default: '500/minute,50/second',
    desc: 'How often one client address may call `/authy`; `none` for no limit.',
  }),
  SALLYPORT_ACCOUNTS_LIMIT_LOGIN: rates({ default: '100/hour', desc: 'The same for `POST /authy/login`.' }),
  SALLYPORT_ACCOUNTS_LIMIT_SIGN_UP: rates({ default: '20/hour', desc: 'The same for `POST /authy/user`.' }),
  SALLYPORT_ACCOUNTS_LIMIT_VALIDATION: rates({ default: '20/hour', desc: 'The same for `/authy/validate/…`.' }),
  SALLYPORT_LIMIT_LINKS: rates({
    default: '30/hour',
    desc: 'How often one client address may have letters with links sent.',
  }),
  SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR: str({
    default: 'public',
    choices: doors,
    desc: 'The door of the routes for administrators at `/authy`: `public`, where clients of the account service know them, or `admin`.',
  }),
  SALLYPORT_ACCOUNTS_HTTPS_ONLY: bool({
    default: false,
    desc: 'Whether `/authy` answers 400 to whatever did not come over https, as a trusted proxy tells it.',
  }),
  SALLYPORT_ACCOUNTS_HOOK_URL: httpUrl({
    default: undefined,
    desc: 'Is told of every account that is made at `/authy`: a POST of `{"public_id": …}` with a token of the account in `x-access-token`, to be answered with 201; tried again until it is.',
    example: 'https://provisioning.example.org/accounts',
  }),
  SALLYPORT_PASSWORD_HASH: str({
    default: 'argon2id',
    choices: passwordHashes,
    desc: 'What new passwords are hashed with: `argon2id` or `pbkdf2_sha256`. Older hashes keep working and are replaced when their owners sign in.',
  }),
  SALLYPORT_PBKDF2_ITERATIONS: pbkdf2Iterations({
    default: leastPbkdf2Iterations,
    desc: 'The iterations of new `pbkdf2_sha256` hashes; no fewer than the default.',
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
  Record<
    string,
    {
      readonly desc?: string
      readonly default?: string | number | boolean | readonly string[] | undefined
      readonly example?: string
    }
  >
> = all

export interface Settings {
  readonly dataDirectory: string
  readonly host: string
  readonly publicPort: number
  readonly adminPort: number
  readonly publicUrl: string | undefined
  readonly trustedProxies: readonly string[]
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
    readonly rates: AccountsSurfaceSettings['rates']
    readonly administrationDoor: (typeof doors)[number]
    readonly httpsOnly: boolean
    readonly hookUrl: string | undefined
  }
  /** How often one client may have links sent. */
  readonly linkRates: readonly Rate[]
  readonly passwordHashing: {
    readonly newHashes: { readonly algorithm: (typeof passwordHashes)[number]; readonly pbkdf2Iterations: number }
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
    trustedProxies: env.SALLYPORT_TRUSTED_PROXIES,
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
      rates: {
        everything: ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT),
        logIn: ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_LOGIN),
        signUp: ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_SIGN_UP),
        validation: ratesOf(env.SALLYPORT_ACCOUNTS_LIMIT_VALIDATION),
      },
      administrationDoor: env.SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR,
      httpsOnly: env.SALLYPORT_ACCOUNTS_HTTPS_ONLY,
      hookUrl: env.SALLYPORT_ACCOUNTS_HOOK_URL,
    },
    linkRates: ratesOf(env.SALLYPORT_LIMIT_LINKS),
    passwordHashing: {
      newHashes: {
        algorithm: env.SALLYPORT_PASSWORD_HASH,
        pbkdf2Iterations: env.SALLYPORT_PBKDF2_ITERATIONS,
      },
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
  SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR: doors,
  SALLYPORT_ACCOUNTS_PASSWORD_ENCODING: passwordEncodings,
  SALLYPORT_PASSWORD_HASH: passwordHashes,
  SALLYPORT_TOKEN_ALGORITHM: tokenAlgorithms,
}

function ratesOf(text: string): readonly Rate[] {
  return parseRates(text) ?? []
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
