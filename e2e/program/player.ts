import type { Addresses } from '../support/program.ts'

/** What a player was told was done. */
export interface Diary {
  readonly username: string
  readonly uid: string
  /** Whole TUX. */
  bought: number
  /** The names of what was won, in order. */
  readonly rolled: string[]
}

class UnexpectedAnswer extends Error {
  override name = 'UnexpectedAnswer'
}

export const password = 'Correct-Horse7!'
let count = 0

/** Plays until a request is not answered any more; everything in the diary was answered with 200. */
export async function playUntilTheEnd({ public: door }: Addresses, diaries: Diary[]): Promise<void> {
  try {
    for (;;) {
      count += 1
      const username = `player_${process.pid}_${count}`
      const account = await post(`${door}/api/auth/accounts`, { username, email: `${username}@example.org`, password })
      const diary: Diary = { username, uid: text(account, 'uid'), bought: 0, rolled: [] }
      diaries.push(diary)
      const token = await signIn(door, username)
      for (let n = 0; n < 4; n += 1) {
        await post(`${door}/api/tux-management/buy`, { user_id: diary.uid, amount: 20 }, token)
        diary.bought += 20
        diary.rolled.push(text(await post(`${door}/api/distro/${diary.uid}/gacha/roll`, undefined, token), 'name'))
      }
    }
  } catch (error) {
    // The door is gone in the middle of a request: what was not answered is not in the diary. An answer that is a refusal
    // or a failure is no part of the game.
    if (error instanceof UnexpectedAnswer) throw error
  }
}

/** What the installation says that somebody has. */
export interface Belongings {
  readonly tux: number
  readonly purchases: number
  readonly paidRolls: number
  readonly copies: ReadonlyMap<string, number>
}

export async function look({ public: door }: Addresses, { uid, username }: Diary): Promise<Belongings> {
  const token = await signIn(door, username)
  const balances = await get(`${door}/api/tux-management/balances/${uid}`, token)
  const history = await get(`${door}/api/tux-management/transactions/${uid}`, token)
  const collection = await get(`${door}/api/distro/${uid}/gacha/collection`, token)
  return {
    tux: Number(field(balances, 'tux_balance')),
    purchases: filled(field(history, 'purchase')),
    paidRolls: filled(field(history, 'roll')),
    copies: new Map(list(collection).map((entry) => [text(entry, 'name'), Number(field(entry, 'value'))])),
  }
}

async function signIn(door: string, username: string): Promise<string> {
  const reply = await fetch(`${door}/api/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
  })
  return text(await okJson(reply), 'access_token')
}

async function post(url: string, body: unknown, token?: string): Promise<unknown> {
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  return okJson(
    await fetch(url, { method: 'POST', headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  )
}

async function get(url: string, token: string): Promise<unknown> {
  return okJson(await fetch(url, { headers: { authorization: `Bearer ${token}` } }))
}

async function okJson(reply: Response): Promise<unknown> {
  const body = await reply.text()
  if (reply.status !== 200) throw new UnexpectedAnswer(`${reply.url}: ${reply.status} ${body}`)
  return JSON.parse(body)
}

function filled(entries: unknown): number {
  return list(entries).filter((entry) => field(entry, 'filled') === true).length
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value
}

function field(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name)
}

function text(value: unknown, name: string): string {
  return String(field(value, name))
}
