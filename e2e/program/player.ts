import type { Addresses } from '../support/program.ts'
import { field, get, list, newName, password, post, signIn, text, UnexpectedAnswer } from './requests.ts'

/** What a player was told was done. */
export interface Diary {
  readonly username: string
  readonly uid: string
  /** Whole TUX. */
  bought: number
  /** The names of what was won, in order. */
  readonly rolled: string[]
}

/** Plays until a request is not answered any more; everything in the diary was answered with 200. */
export async function playUntilTheEnd({ public: door }: Addresses, diaries: Diary[]): Promise<void> {
  try {
    for (;;) {
      const username = newName()
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

function filled(entries: unknown): number {
  return list(entries).filter((entry) => field(entry, 'filled') === true).length
}
