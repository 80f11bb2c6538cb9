import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { text, UnexpectedAnswer } from './requests.ts'
import { type Market, type OpenAuctions, trade } from './trading.ts'

/** Somebody who has left something at every service. */
export interface Resident {
  readonly uid: string
  readonly username: string
  readonly token: string
  /** Whatever tells of them: none of it may be found once they are erased. */
  readonly traces: readonly string[]
  readonly auctions: OpenAuctions
  /** Of the pictures service. */
  readonly picturesKey: string
}

const password = 'Correct-Horse7!'
const picturesPassword = password

/** Whom and what there is to have to do with. */
export interface Campus extends Market {
  /** A section that somebody may enroll in. */
  readonly section: number
}

let count = 0

/** Registers somebody and has them do something everywhere, from an address that nobody else has. */
export async function settleIn(campus: Campus): Promise<Resident> {
  const { addresses, administrator, section } = campus
  count += 1
  const word = randomBytes(6).toString('hex')
  const [address, first, last] = [`198.51.100.${count}`, `Zebedee${word}`, `Quill${word}`]
  const username = `resident_${word}`
  const email = `${username}@players.example`
  const door = addresses.public

  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isForm = body instanceof URLSearchParams || body instanceof FormData
    const answer = await fetch(`${door}${path}`, {
      method,
      headers: {
        'x-forwarded-for': address,
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    })
    const read = await answer.text()
    if (!answer.ok) throw new UnexpectedAnswer(`${path}: ${answer.status} ${read}`)
    const parsed: unknown = read === '' ? undefined : JSON.parse(read)
    return parsed
  }
  const signIn = async () =>
    text(await ask('POST', '/api/auth/token', new URLSearchParams({ username, password })), 'access_token')

  const uid = text(await ask('POST', '/api/auth/accounts', { username, email, password }), 'uid')
  const atHome = { 'x-access-token': administrator, 'x-forwarded-for': '192.0.2.1' }
  await ask('POST', `/authy/role/student/users/${uid}`, undefined, atHome)
  // Somebody mistypes the password, and the name.
  for (const name of [username, `${word}@typing`])
    await ask('POST', '/api/auth/token', new URLSearchParams({ username: name, password: 'x' })).catch(() => undefined)
  const token = await signIn()
  const bearer = { authorization: `Bearer ${token}` }
  await ask('POST', '/api/tux-management/buy', { amount: 100, user_id: uid }, bearer)
  await ask('POST', `/api/distro/${uid}/gacha/roll`, { client_seed: `seed ${word}` }, bearer)
  const auctions = await trade(campus, { uid, token })
  await ask('POST', `/api/sections/${section}/enrollments`, undefined, bearer)
  const wishes = { name: `telephone of ${first}`, scopes: ['wallet:read'], allowed_addresses: [address] }
  const ownKey = text(await ask('POST', '/v1/account/api-keys', wishes, bearer), 'key')
  const registration = { 'First Name': first, 'Last Name': last, email, Password: picturesPassword }
  const picturesKey = text(await ask('POST', '/users/api/v1/register', registration), 'API Key')
  const form = await uploadOf(first, last)
  await ask('POST', '/pictures/api/v1/upload', form, { 'x-api-key': picturesKey })
  await ask('POST', '/v1/account/password-reset-requests', { email: email.toUpperCase() })
  const traces = [username, email, first, last, address, word, ownKey, picturesKey]
  return { uid, username, token, traces, auctions, picturesKey }
}

/** A picture of somebody's. */
async function uploadOf(first: string, last: string): Promise<FormData> {
  const form = new FormData()
  const file = await readFile(new URL('../../apps/pictures/starter-set/sky-01.webp', import.meta.url))
  form.append('file', new Blob([new Uint8Array(file)]), 'sky.webp')
  for (const [name, value] of [
    ['title', `The sky of ${first}`],
    ['explanation', 'Stars.'],
    ['date', '2026-01-01'],
    ['copyright', `${first} ${last}`],
  ] as const)
    form.append(name, value)
  return form
}

/** Begins an upload of a picture whose end is still to come. */
export async function beginUpload({ addresses }: Campus, { picturesKey, username }: Resident) {
  const whole = new Response(await uploadOf(username, 'Late'))
  const bytes = Buffer.from(await whole.arrayBuffer())
  const { promise: answered, resolve, reject } = Promise.withResolvers<number | undefined>()
  const sending = request(
    `${addresses.public}/pictures/api/v1/upload`,
    {
      method: 'POST',
      headers: {
        'content-type': whole.headers.get('content-type') ?? '',
        'content-length': bytes.length,
        'x-api-key': picturesKey,
      },
    },
    (answer) => {
      resolve(answer.statusCode)
      answer.resume()
    },
  )
  sending.on('error', reject)
  sending.write(bytes.subarray(0, -100))
  return {
    /** The status. */
    async finish(): Promise<number | undefined> {
      sending.end(bytes.subarray(-100))
      return answered
    },
  }
}
