import { randomBytes } from 'node:crypto'
import { type Door, type Request, textOf } from './door.ts'
import { collectForEach } from './load.ts'

export interface Player {
  readonly uid: string
  readonly token: string
}

/** What the fiat of a new player buys. */
export const allTux = 1200
/** What a roll costs. */
export const rollTux = 10

const password = 'Correct-Horse7!'
const run = randomBytes(4).toString('hex')
let counter = 0

/** A name that nobody has yet. */
export function newName(): string {
  counter += 1
  return `bench_${run}_${counter}`
}

export function registration(username: string): Request {
  const json = { username, email: `${username}@example.org`, password }
  return { method: 'POST', path: '/api/auth/accounts', json }
}

export function signingIn(username: string, word = password): Request {
  return { method: 'POST', path: '/api/auth/token', form: { username, password: word } }
}

export function purchase({ uid, token }: Player, tux: number): Request {
  return { method: 'POST', path: '/api/tux-management/buy', token, json: { user_id: uid, amount: tux } }
}

export function roll({ uid, token }: Player): Request {
  return { method: 'POST', path: `/api/distro/${uid}/gacha/roll`, token }
}

/** Signs in; returns the token. */
export async function signIn(door: Door, username: string, word = password): Promise<string> {
  return textOf(await door.insist(200, signingIn(username, word)), 'access_token')
}

/** Makes players who are signed in and have bought all the TUX they can. */
export function makeRichPlayers(door: Door, count: number, clients: number): Promise<Player[]> {
  const names = Array.from({ length: count }, newName)
  return collectForEach(names, clients, async (name) => {
    const uid = textOf(await door.insist(200, registration(name)), 'uid')
    const player = { uid, token: await signIn(door, name) }
    await door.insist(200, purchase(player, allTux))
    return player
  })
}
