import { parseRates } from '@sallyport/contracts'
import { EnvError, makeValidator } from 'envalid'
import { isIP } from 'node:net'

/*
 * What values settings can have; an error says what is wanted, never what was there.
 */

export const port = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new EnvError('must be a port, 0 to 65535')
  return value
})

export const directory = makeValidator<string>((text) => {
  if (text === '') throw new EnvError('must be the path of a directory')
  return text
})

export const path = makeValidator<string>((text) => {
  if (text === '') throw new EnvError('must be the path of a file')
  return text
})

export const name = makeValidator<string>((text) => {
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) throw new EnvError('must be a name without spaces')
  return text
})

export const httpUrl = makeValidator<string>((text) => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new EnvError('must be an http or https address')
  return text.replace(/\/+$/, '')
})

/** The addresses of the instances of a service, separated by commas. */
export const origins = makeValidator<readonly string[]>((text) => {
  const list = listOf(text)
  if (list.length === 0 || !list.every(isOrigin))
    throw new EnvError('must be http or https addresses without a path, separated by commas')
  return list.map((url) => new URL(url).origin)
})

export const origin = makeValidator<string>((text) => {
  if (!isOrigin(text)) throw new EnvError('must be an http or https address without a path')
  return new URL(text).origin
})

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && pathname === '/' && `${username}${password}${search}${hash}` === ''
}

const databaseUrlForm = 'postgres://user:password@host:port/database'

function isDatabaseUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol)
}

export const databaseUrl = makeValidator<string>((text) => {
  if (!isDatabaseUrl(text)) throw new EnvError(`must have the form ${databaseUrlForm}`)
  return text
})

/** Several, separated by commas. */
export const databaseUrls = makeValidator<readonly string[]>((text) => {
  const list = listOf(text)
  if (list.length === 0 || !list.every(isDatabaseUrl))
    throw new EnvError(`must be addresses of the form ${databaseUrlForm}, separated by commas`)
  return list
})

export const positive = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1) throw new EnvError('must be a whole number from 1')
  return value
})

/** Addresses and networks, separated by commas. */
export const networks = makeValidator<readonly string[]>((text) => {
  const list = listOf(text)
  if (!list.every(isNetwork))
    throw new EnvError('must be addresses without a zone, or networks such as 10.0.0.0/8, separated by commas')
  return list
})

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/', 2)
  // With a zone it would be taken for the address in every zone.
  const family = address.includes('%') ? 0 : isIP(address)
  return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
}

/** So many in a second, minute, hour or day; several separated by commas. */
export const rates = makeValidator<string>((text) => {
  if (!parseRates(text)) throw new EnvError('must be like 100/hour or 500/minute,50/second, or none')
  return text
})

/** What the enrollment system was built with; fewer would be too cheap to guess (enrollment E-19). */
export const leastPbkdf2Iterations = 260_000
/** A second or two of a core; identity reads no hashes that ask for more. */
export const mostPbkdf2Iterations = 5_000_000

export const pbkdf2Iterations = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d{1,8}$/.test(text) || value < leastPbkdf2Iterations || value > mostPbkdf2Iterations) {
    throw new EnvError(`must be a whole number, ${leastPbkdf2Iterations} to ${mostPbkdf2Iterations}`)
  }
  return value
})

/** What was revoked is remembered for as long (identity's `longestTokenLifeSeconds`). */
export const mostTokenSeconds = 4 * 3600

export const tokenSeconds = makeValidator<number>((text) => {
  const value = Number(text)
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > mostTokenSeconds) {
    throw new EnvError(`must be a whole number, 1 to ${mostTokenSeconds}`)
  }
  return value
})

export const natural = makeValidator<number>((text) => {
  if (!/^\d{1,9}$/.test(text)) throw new EnvError('must be a whole number from 0')
  return Number(text)
})

export const smtpUrl = makeValidator<string>((text) => {
  if (!URL.canParse(text) || !/^smtps?:$/.test(new URL(text).protocol))
    throw new EnvError('must have the form smtp://user:password@host:port or smtps://…')
  return text
})

/** What stands between commas. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
