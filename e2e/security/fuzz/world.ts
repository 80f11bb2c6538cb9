import { rm } from 'node:fs/promises'
import { makeInstallation } from '../../support/installation.ts'
import { type Addresses, startProgram } from '../../support/program.ts'
import { field, get, list, newName, password, post, signIn, text } from '../../program/requests.ts'
import { type KnownThing, mark } from './values.ts'

/** Somebody whose credentials are used. */
interface Person {
  readonly uid: string
  readonly username: string
  readonly token: string
}

/** What a request shows: nothing, what is none, or that of somebody. */
export type Credential = 'none' | 'garbage' | 'player' | 'administrator' | 'key'

/** An installation of its own: much of what is asked for here ends accounts, and no limit is to hide what is behind it. */
export interface World {
  readonly addresses: Addresses
  /** What known things are called here, as they stand in requests. */
  names(): ReadonlyMap<string, string>
  credential(which: Credential): string
  /** Signs in anew, or somebody new, where those from before are gone, as some requests want it. */
  renew(): Promise<void>
  /** The same, and gives whoever is new what those before had. */
  settle(): Promise<void>
  /** The lines that the program wrote. */
  log(): string[]
  stop(): Promise<void>
}

const unlimited = [
  'ACCOUNTS_LIMIT',
  'ACCOUNTS_LIMIT_LOGIN',
  'ACCOUNTS_LIMIT_SIGN_UP',
  'ACCOUNTS_LIMIT_VALIDATION',
  'LIMIT_LINKS',
  'PICTURES_LIMIT',
  'PICTURES_LIMIT_ADDRESS',
]

export async function openWorld(): Promise<World> {
  const dataDirectory = await makeInstallation()
  const program = await startProgram(dataDirectory, {
    SALLYPORT_ADMIN_PASSWORD: password,
    SALLYPORT_LOG_LEVEL: 'info',
    ...Object.fromEntries(unlimited.map((name) => [`SALLYPORT_${name}`, 'none'])),
  })
  const stop = async (): Promise<void> => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
  try {
    return {
      ...(await inhabit(program.addresses)),
      addresses: program.addresses,
      // Without what is behind the last end of a line: that line is not whole yet.
      log: () => program.output().split('\n').slice(0, -1),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function inhabit({
  public: door,
  admin,
}: Addresses): Promise<Pick<World, 'names' | 'credential' | 'renew' | 'settle'>> {
  /** A token of the one that is never let into a request that could end it: one counts for less long than all this may take. */
  const first = () => signIn(door, 'admin')
  const register = async (): Promise<Omit<Person, 'token'>> => {
    const username = newName()
    const account = await post(`${door}/api/auth/accounts`, { username, email: `${username}@example.org`, password })
    return { uid: text(account, 'uid'), username }
  }
  const personWith = async (...roles: readonly string[]): Promise<Person> => {
    const { uid, username } = await register()
    const token = await first()
    for (const role of roles) {
      const answer = await fetch(`${door}/authy/role/${role}/users/${uid}`, {
        method: 'POST',
        headers: { 'x-access-token': token },
      })
      if (!answer.ok) throw new Error(`no role ${role}: ${answer.status} ${await answer.text()}`)
    }
    return { uid, username, token: await signIn(door, username) }
  }
  const player = () => personWith('student', 'instructor', 'registrar')
  const administrator = () => personWith('admin')
  const isThere = async ({ token }: Person): Promise<boolean> => {
    const answer = await fetch(`${door}/api/auth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
    await answer.arrayBuffer()
    return answer.ok
  }
  /** Another session of somebody who may be there still. */
  const again = async ({ uid, username }: Person): Promise<Person | undefined> => {
    const body = new URLSearchParams({ username, password })
    const answer = await fetch(`${door}/api/auth/token`, { method: 'POST', body })
    const answered: unknown = await answer.json()
    return answer.ok ? { uid, username, token: text(answered, 'access_token') } : undefined
  }
  /** Whether a key counts still: one that was rotated begins with something else. */
  const counts = async ({ token }: Person, shown: string): Promise<boolean> => {
    const keys = list(field(await get(`${door}/v1/account/api-keys`, token), 'keys'))
    return keys.some((one) => list(field(one, 'prefixes')).some((prefix) => shown.startsWith(String(prefix))))
  }
  const makeKey = async ({ token }: Person): Promise<{ id: string; shown: string }> => {
    const scopes = field(await get(`${door}/v1/account/api-keys`, token), 'scopes')
    const made = await post(`${door}/v1/account/api-keys`, { name: 'fuzz', scopes: list(scopes).slice(0, 20) }, token)
    return { id: text(made, 'id'), shown: text(made, 'key') }
  }
  /** Things of a player's own that others can name. */
  const belongings = async ({ uid, username, token }: Person): Promise<Partial<Record<KnownThing, string>>> => {
    await post(`${door}/api/tux-management/buy`, { user_id: uid, amount: 900 }, token)
    const won = await post(`${door}/api/distro/${uid}/gacha/roll`, undefined, token)
    const gacha = text(won, 'name')
    const lot = { player_id: uid, gacha_name: gacha, starting_price: 5, end_time: Math.floor(Date.now() / 1000) + 3600 }
    const auction = await post(`${door}/api/auction/auctions`, lot, token)
    const course = await post(
      `${door}/api/courses`,
      { department: 'CPSC', number: username.slice(-9), title: 'Fuzz' },
      token,
    )
    const section = await post(
      `${door}/api/sections`,
      { course_id: field(course, 'id'), section_number: 1, term: 'FA26', instructor: username, capacity: 1 },
      token,
    )
    const [session] = list(field(await get(`${door}/v1/me/sessions`, token), 'sessions'))
    return {
      gacha,
      auction: text(auction, 'auction_id'),
      course: text(course, 'id'),
      section: text(section, 'id'),
      session: text(session, 'sid'),
    }
  }

  let someone = await player()
  let keeper = await administrator()
  let key = await makeKey(someone)
  let things = await belongings(someone)
  let owner = someone.uid
  const pictures = await fetch(`${door}/v1/pictures`, { headers: { 'x-api-key': key.shown } })
  const picture = text(list(field(await pictures.json(), 'items'))[0], 'id')
  const client = await post(
    `${admin}/v1/clients`,
    { name: 'Orchard', redirect_uris: ['https://orchard.example/'] },
    await first(),
  )

  const renew = async (): Promise<void> => {
    if (!(await isThere(keeper))) keeper = (await again(keeper)) ?? (await administrator())
    if (await isThere(someone)) return
    someone = (await again(someone)) ?? (await player())
  }

  return {
    names() {
      const { uid, username } = someone
      const known: Partial<Record<KnownThing, string>> = {
        ...things,
        uid,
        username,
        email: `${username}@example.org`,
        password,
        picture,
        key: key.id,
        role: 'student',
        day: '2026-10-10',
        scope: 'wallet:read',
        address: 'https://orchard.example/',
        moment: String(Math.floor(Date.now() / 1000) + 3600),
        client: text(client, 'client_id'),
        secret: text(client, 'client_secret'),
      }
      return new Map(Object.entries(known).map(([thing, name]) => [mark(thing), name]))
    },
    credential(which) {
      if (which === 'key') return key.shown
      if (which === 'none') return ''
      if (which === 'garbage') return `${someone.token.slice(0, -5)}AAAAA`
      return which === 'player' ? someone.token : keeper.token
    },
    renew,
    async settle() {
      await renew()
      if (someone.uid !== owner) {
        things = await belongings(someone)
        owner = someone.uid
      }
      if (!(await counts(someone, key.shown))) key = await makeKey(someone)
    },
  }
}
