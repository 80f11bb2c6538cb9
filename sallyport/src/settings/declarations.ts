import { identity, pictures } from '@sallyport/contracts'
import { bool, str } from 'envalid'
import {
  directory,
  httpUrl,
  leastPbkdf2Iterations,
  name,
  natural,
  networks,
  path,
  pbkdf2Iterations,
  port,
  positive,
  rates,
  smtpUrl,
  tokenSeconds,
} from './formats.ts'
import { addressSettings, databaseSettings, replicaSettings } from './part-declarations.ts'

/*
 * Every setting there is; where the parts and their databases are is in part-declarations.ts. docs/configuration.md is
 * made of both.
 */

export const doors = ['public', 'admin'] as const
export const passwordHashes = ['argon2id', 'pbkdf2_sha256'] as const
export const passwordEncodings = ['plain', 'base64'] as const
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/** The declarations, by name; each says what it is for. */
const settings = {
  SALLYPORT_DATA: directory({
    default: './.sallyport',
    desc: 'The directory of everything that is kept: the embedded database, keys, the first administrator.',
  }),
  SALLYPORT_CONFIG: path({
    default: undefined,
    desc: 'The file that describes services of your own. Default: `sallyport.config.ts` (or `.mts`, `.js`, `.mjs`, `.json`) in the working directory, when it is there.',
    example: '/etc/sallyport/sallyport.config.ts',
  }),
  SALLYPORT_HOST: str({
    default: '127.0.0.1',
    desc: 'The address both doors listen on.',
  }),
  SALLYPORT_PART_HOST: str({
    default: '127.0.0.1',
    desc: 'The address that the port of a part listens on with `sallyport serve`. These ports are for the other parts alone: name another address only where they are on other machines.',
  }),
  SALLYPORT_PUBLIC_PORT: port({ default: 8080, desc: 'The port of the public door; 0 means any free one.' }),
  SALLYPORT_ADMIN_PORT: port({ default: 8180, desc: 'The port of the admin door; 0 means any free one.' }),
  SALLYPORT_PUBLIC_URL: httpUrl({
    default: undefined,
    desc: 'The address people know this installation by; the issuer of its tokens. Default: `http://localhost:` and the public port, `https` where the doors speak TLS.',
    example: 'https://play.example.org',
  }),
  SALLYPORT_TLS_CERTIFICATE: path({
    default: undefined,
    desc: 'A PEM file with the certificate of the doors, those between it and its authority behind it. With it and `SALLYPORT_TLS_KEY` both doors speak TLS and nothing else; without, HTTP. Read again when it changes.',
    example: '/etc/letsencrypt/live/play.example.org/fullchain.pem',
  }),
  SALLYPORT_TLS_KEY: path({
    default: undefined,
    desc: 'A PEM file with the private key of that certificate, without a passphrase. Read again when it changes.',
    example: '/etc/letsencrypt/live/play.example.org/privkey.pem',
  }),
  SALLYPORT_TLS_DEVELOPMENT: bool({
    default: false,
    desc: 'Whether the doors speak TLS with a certificate of an authority that is made at the first start and kept in the data directory. For development: nobody knows this authority who has not been told.',
  }),
  SALLYPORT_REDIRECT_PORT: port({
    default: undefined,
    desc: 'The port where whoever comes without TLS is sent to the same place at `SALLYPORT_PUBLIC_URL`; 0 means any free one. Without it there is none.',
    example: '80',
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
    default: identity.identityRates.accounts,
    desc: 'How often one client address may call `/authy`; `none` for no limit.',
  }),
  SALLYPORT_ACCOUNTS_LIMIT_LOGIN: rates({
    default: identity.identityRates['accounts-log-in'],
    desc: 'The same for `POST /authy/login`.',
  }),
  SALLYPORT_ACCOUNTS_LIMIT_SIGN_UP: rates({
    default: identity.identityRates['accounts-sign-up'],
    desc: 'The same for `POST /authy/user`.',
  }),
  SALLYPORT_ACCOUNTS_LIMIT_VALIDATION: rates({
    default: identity.identityRates['accounts-validation'],
    desc: 'The same for `/authy/validate/…`.',
  }),
  SALLYPORT_LIMIT_LINKS: rates({
    default: identity.linkRates,
    desc: 'How often one client address may have letters with links sent, by calls and on the pages together.',
  }),
  SALLYPORT_PICTURES_MODE: str({
    default: 'monolith',
    choices: pictures.picturesModes,
    desc: "Where pictures come from: `monolith` has a pool of its own, `microservice` passes on NASA's picture of the day.",
  }),
  SALLYPORT_PICTURES_UPLOAD_BYTES: positive({
    default: pictures.uploadLimitBytes,
    desc: 'The largest picture that is taken, in bytes. Each is held in memory while it is judged.',
  }),
  SALLYPORT_PICTURES_UPLOAD_PIXELS: positive({
    default: 50_000_000,
    desc: 'The most pixels of a picture that is taken, however small its file.',
  }),
  SALLYPORT_PICTURES_MODERATION: bool({
    default: false,
    desc: 'Whether uploads wait until `sallyport admin pictures accept` lets them into the pool.',
  }),
  SALLYPORT_APOD_URL: httpUrl({
    default: 'https://api.nasa.gov/planetary/apod',
    desc: 'Where the microservice asks for the picture of the day.',
  }),
  SALLYPORT_APOD_KEY: str({
    default: 'DEMO_KEY',
    desc: "The key it asks with, a secret. NASA's demo key is enough for one question a day; a key of your own comes from api.nasa.gov.",
  }),
  SALLYPORT_LIMIT_ADDRESS: rates({
    default: 'none',
    desc: 'How often one client address may call the public door, whatever it calls there; `none` for no limit.',
    example: '1200/minute,100/second',
  }),
  SALLYPORT_PICTURES_LIMIT: rates({
    default: pictures.picturesRates.pictures,
    desc: 'How often the pictures service may be called with one API key, whatever is called there; `none` for no limit.',
  }),
  SALLYPORT_PICTURES_LIMIT_ADDRESS: rates({
    default: pictures.picturesRates['pictures-address'],
    desc: 'The same for one client address, registration and personal data included.',
  }),
  SALLYPORT_PICTURES_BIND_KEYS: bool({
    default: true,
    desc: 'Whether an API key from `POST /users/api/v1/register` may be used from the address alone that it was made from, or from its network of 64 bits where that is IPv6.',
  }),
  SALLYPORT_OPENID_CALL_PRIVATE_ADDRESSES: bool({
    default: false,
    desc: 'Whether programs that people sign in to are called (to tell them of a sign-out, for their keys) on this machine and in private networks too; only public addresses are otherwise.',
  }),
  SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR: str({
    default: 'public',
    choices: doors,
    desc: 'The door of the routes for administrators at `/authy`: `public`, where clients of the account service know them, or `admin`.',
  }),
  SALLYPORT_ACCOUNTS_HTTPS_ONLY: bool({
    default: false,
    desc: 'Whether `/authy` answers 400 to whatever did not come over https, to the doors themselves or as a trusted proxy tells it.',
  }),
  SALLYPORT_ACCOUNTS_HOOK_URL: httpUrl({
    default: undefined,
    desc: 'Is told of every account that is made at `/authy`: a POST of `{"public_id": …}` with a token of the account in `x-access-token`, to be answered with 201; tried again until it is.',
    example: 'https://provisioning.example.org/accounts',
  }),
  SALLYPORT_PASSWORD_HASH: str({
    default: undefined,
    choices: passwordHashes,
    desc: 'What new passwords are hashed with: `argon2id` or `pbkdf2_sha256`. Older hashes keep working and are replaced when their owners sign in. Default: `argon2id`.',
  }),
  PASSWORD_HASH: str({
    default: undefined,
    choices: passwordHashes,
    desc: 'The same for whoever knows the enrollment system; `SALLYPORT_PASSWORD_HASH` goes before it.',
  }),
  SALLYPORT_PBKDF2_ITERATIONS: pbkdf2Iterations({
    default: leastPbkdf2Iterations,
    desc: 'The iterations of new `pbkdf2_sha256` hashes; no fewer than the default.',
  }),
  SALLYPORT_TOKEN_ALGORITHM: str({
    default: 'RS256',
    choices: identity.tokenAlgorithms,
    desc: 'What tokens are signed with, from the next key on: `sallyport admin keys rotate` makes one.',
  }),
  SALLYPORT_KEY_ROTATION_DAYS: natural({
    default: 90,
    desc: 'After how many days another key signs the tokens, by itself; 0 is never.',
  }),
  SALLYPORT_GATEWAY_KEYS: directory({
    default: undefined,
    desc: 'The directory of the keys that the gateway signs with: `private.json`, which the gateway alone may read, and `public.json`. Read again when they change. Default: `gateway-keys` in the data directory, made at the first start.',
    example: '/srv/sallyport-keys',
  }),
  SALLYPORT_GATEWAY_SIGNING_KEY: str({
    default: undefined,
    desc: 'The id of the key among them that signs. Default: the first one in `private.json`.',
    example: '2027-a',
  }),
  SALLYPORT_GATEWAY_ISSUER: name({
    default: 'auth.local.gd',
    desc: 'The name (`iss`) under which the gateway signs the claims of services; not that of account tokens.',
  }),
  SALLYPORT_GATEWAY_AUDIENCE: name({
    default: 'krakend.local.gd',
    desc: 'Whom these tokens are for (`aud`).',
  }),
  SALLYPORT_GATEWAY_TOKEN_SECONDS: tokenSeconds({
    default: 1200,
    desc: 'For how many seconds after a login at `/api/login` they are good; 14400 at most.',
  }),
  SALLYPORT_REVOCATIONS_FAIL_CLOSED_SECONDS: natural({
    default: 0,
    desc: 'When a part has not heard what was revoked for so many seconds, it answers those who are signed in with 503 until it does; 0 is never.',
  }),
  SALLYPORT_RETENTION_AUDIT_DAYS: natural({
    default: 365,
    desc: 'After how many days what is personal in the audit trail is erased, the addresses and the names of API keys; the chain stays verifiable. 0 is never.',
  }),
  SALLYPORT_RETENTION_DELETED_ACCOUNT_DAYS: natural({
    default: 90,
    desc: 'After how many days nothing but keyed digests is kept of an account that was deleted at `/authy`: its user name and address stay reserved by them. 0 is never.',
  }),
  SALLYPORT_RETENTION_ACCESS_DAYS: natural({
    default: 365,
    desc: 'After how many days it is forgotten when somebody last signed in, and from which address they registered for pictures. 0 is never.',
  }),
  SALLYPORT_SMTP_URL: smtpUrl({
    default: undefined,
    desc: 'The mail server that takes letters with links. Without it they are put into `mailbox` in the data directory.',
    example: 'smtps://user:password@mail.example.org:465',
  }),
  SALLYPORT_MAIL_FROM: str({ default: 'Sallyport <sallyport@localhost>', desc: 'The sender of these letters.' }),
  SALLYPORT_UPSTREAM_TRY_SECONDS: positive({
    default: 10,
    desc: 'How long the gateway waits until an instance of a service begins its answer. With less than the next, a GET that met silence is asked of another instance.',
  }),
  SALLYPORT_UPSTREAM_TOTAL_SECONDS: positive({
    default: 10,
    desc: 'How long it waits in all, however often it tries; then it answers 504.',
  }),
  SALLYPORT_UPSTREAM_CONNECTIONS: positive({
    default: 1000,
    desc: 'The most connections the gateway keeps to one instance.',
  }),
  SALLYPORT_UPSTREAM_WAITING: positive({
    default: 1000,
    desc: 'The most requests for one service that wait at the gateway until a connection is free; more are answered 503.',
  }),
  SALLYPORT_INSTANCE: str({
    default: '1',
    desc: 'Tells several processes of one part apart; no two that run at once may have the same.',
  }),
  SALLYPORT_PORT: port({
    default: 0,
    desc: 'The port of a part that is started with `sallyport serve`; 0 means any free one.',
  }),
}

export const declarations = { ...settings, ...databaseSettings(), ...replicaSettings, ...addressSettings() }

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
> = declarations
