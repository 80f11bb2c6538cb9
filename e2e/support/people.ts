import { randomBytes } from 'node:crypto'
import { administrator } from './global-setup.ts'
import { type Answer, call, type Door, objectOf, textOf } from './http.ts'

export interface Player {
  readonly uid: string
  readonly username: string
  readonly email: string
  readonly password: string
  readonly token: string
}

/** Good enough for every rule about passwords. */
export const goodPassword = 'Gr4nite-Tower!'

/** A username nobody else has: letters, digits and underscores, 30 at most. */
export function uniqueName(stem = 'player'): string {
  return `${stem}_${randomBytes(8).toString('hex')}`.slice(0, 30)
}

/** A name for a gacha that nobody else has: letters only, `length` of them. */
export function uniqueGachaName(stem = 'Test_', length = 24): string {
  const letters = Array.from(randomBytes(length), (byte) => String.fromCharCode(97 + (byte % 26))).join('')
  return (stem + letters).slice(0, length)
}

export function registration(details: Partial<Pick<Player, 'username' | 'email' | 'password'>> = {}) {
  const username = details.username ?? uniqueName()
  return { username, email: `${username}@players.example`, password: goodPassword, ...details }
}

/** A new player, signed in. */
export async function registerPlayer(details: Parameters<typeof registration>[0] = {}): Promise<Player> {
  const asked = registration(details)
  const uid = textOf(await call('public', 'POST', '/auth/accounts', { json: asked }), 'uid')
  return { uid, ...asked, token: await newToken(asked) }
}

type Credentials = Pick<Player, 'username' | 'password'>

/** Asks for a token with the password grant. */
export function signIn(
  credentials: Credentials,
  more: Record<string, string> = {},
  door: Door = 'public',
): Promise<Answer> {
  const { username, password } = credentials
  return call(door, 'POST', '/auth/token', { form: { username, password, ...more } })
}

/** One more session of this person. */
export async function newToken(credentials: Credentials, door: Door = 'public'): Promise<string> {
  return textOf(await signIn(credentials, {}, door), 'access_token')
}

/** Tokens count for fifteen minutes, and the tests of all files may take longer. */
const reusedForMs = 300_000
let administratorToken: { readonly token: Promise<string>; readonly untilMs: number } | undefined

/** The administrator's token, the same for many tests: none of them signs it out. */
export function adminToken(): Promise<string> {
  const now = performance.now()
  if (!administratorToken || now > administratorToken.untilMs)
    administratorToken = { token: newToken(administrator, 'admin'), untilMs: now + reusedForMs }
  return administratorToken.token
}

export async function adminUid(): Promise<string> {
  return textOf(await call('admin', 'GET', '/auth/userinfo', { token: await adminToken() }), 'uid')
}

/** Buys TUX for a player and insists that it worked. */
export async function buy(player: Player, amount: number): Promise<void> {
  const { uid: user_id, token } = player
  textOf(await call('public', 'POST', '/tux-management/buy', { token, json: { amount, user_id } }), 'detail')
}

export interface DecodedToken {
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
}

/** The two readable parts of a JWT, not verified. */
export function decodeToken(token: string): DecodedToken {
  const [header = '', claims = ''] = token.split('.')
  return { header: decodePart(header), claims: decodePart(claims) }
}

function decodePart(part: string): Record<string, unknown> {
  return objectOf(JSON.parse(Buffer.from(part, 'base64url').toString()))
}
