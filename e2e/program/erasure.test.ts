import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import type { PartName } from '../support/parts.ts'
import { launch, type Program, startProgram } from '../support/program.ts'
import { findTraces, openAllDatabases, type OpenedDatabases } from '../support/traces.ts'
import { beginUpload, type Campus, type Resident, settleIn } from './everywhere.ts'
import { field, list, newName, post, signIn, text } from './requests.ts'
import { close, type Trader } from './trading.ts'

const settings = {
  SALLYPORT_ADMIN_PASSWORD: 'Front-Door-8180!',
  SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,::1',
  // The doors come back at other ports, and tokens are of the same issuer.
  SALLYPORT_PUBLIC_URL: 'http://sallyport.test',
}

let dataDirectory: string
let program: Program
let databases: OpenedDatabases
let campus: Campus

beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory, settings)
  databases = await openAllDatabases(dataDirectory)
  const administrator = await signIn(program.addresses.public, 'admin', settings.SALLYPORT_ADMIN_PASSWORD)
  const [section, rival] = [await openSection(administrator), await newTrader()]
  campus = { addresses: program.addresses, administrator, section, rival }
})
afterAll(async () => {
  await databases.close()
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

/** A section with room for everybody. */
async function openSection(administrator: string): Promise<number> {
  const door = program.addresses.public
  const names = { username: 'rita_registrar', email: 'rita@example.org', password: 'Correct-Horse7!' }
  const uid = text(await post(`${door}/api/auth/accounts`, names), 'uid')
  const headers = { 'x-access-token': administrator }
  await (await fetch(`${door}/authy/role/registrar/users/${uid}`, { method: 'POST', headers })).text()
  const token = await signIn(door, names.username)
  const course = await post(`${door}/api/courses`, { department: 'CPSC', number: '449', title: 'Web' }, token)
  const section = {
    course_id: field(course, 'id'),
    section_number: 1,
    term: 'FA26',
    instructor: 'turing',
    capacity: 99,
  }
  return Number(field(await post(`${door}/api/sections`, section, token), 'id'))
}

/** Somebody with TUX who stays. */
async function newTrader(): Promise<Trader> {
  const door = program.addresses.public
  const names = { username: newName(), email: 'rival@example.org', password: 'Correct-Horse7!' }
  const uid = text(await post(`${door}/api/auth/accounts`, names), 'uid')
  const token = await signIn(door, names.username)
  await post(`${door}/api/tux-management/buy`, { amount: 500, user_id: uid }, token)
  return { uid, token }
}

/** Starts the program again after whatever happened to it. */
async function startAgain(): Promise<void> {
  program = await startProgram(dataDirectory, settings)
  campus = { ...campus, addresses: program.addresses }
}

async function erase({ token }: Resident): Promise<unknown> {
  return post(`${program.addresses.public}/v1/me/erasure`, {}, token)
}

async function follow(begun: unknown): Promise<unknown> {
  const answer = await fetch(`${program.addresses.public}${text(begun, 'location')}`, {
    headers: { 'receipt-token': text(begun, 'receipt_token') },
  })
  const read: unknown = await answer.json()
  return read
}
const stepsDone = (erasure: unknown): string[] =>
  list(field(erasure, 'steps')).flatMap((step) => (field(step, 'state') === 'done' ? [text(step, 'step')] : []))
const untilDone = async (begun: unknown): Promise<unknown> => {
  await expect.poll(async () => field(await follow(begun), 'state'), { timeout: 45_000, interval: 100 }).toBe('done')
  return field(await follow(begun), 'receipt')
}

/**
 * Where the random id may stay: in the ledger with its holds, in the audit trail, and for the quarter of an hour in which tokens
 * would still count among what was revoked.
 */
const mayKnowTheId = new Set(
  [
    ...['player', 'account', 'transfer', 'entry', 'hold'].map((table) => `wallet public.${table}`),
    'identity public.audit_event',
    'identity public.revocation',
    'gateway public.heard_revocation',
  ].map((place) => `${place}: `),
)

/** Whatever is found of somebody who was erased. */
async function whatIsLeftOf({ uid, traces }: Resident, secrets: readonly string[]): Promise<string[]> {
  const found = await findTraces(dataDirectory, databases, [...traces, ...secrets, uid])
  return found.filter((place) => !place.endsWith(`: ${uid}`) || !mayKnowTheId.has(place.slice(0, -uid.length)))
}

/** What is kept of the password and of the keys. */
async function keptSecrets({ uid }: Resident): Promise<string[]> {
  const { rows } = await databases.of('identity').pool.query<{ kept: string }>(
    `select password_hash as kept from account where uid = $1
     union all select encode(digest, 'hex') from api_key_secret join api_key on id = key where uid = $1`,
    [uid],
  )
  return rows.map(({ kept }) => kept)
}

async function verify(what: 'wallet' | 'market' | 'audit'): Promise<string> {
  const verification = launch(['admin', what, 'verify'], { SALLYPORT_DATA: dataDirectory })
  await verification.ended()
  return verification.output()
}

/** Keeps a step from being done until it is let go: what it has to write is locked. */
async function stop(part: PartName, table: string): Promise<{ letGo(): Promise<void> }> {
  const client = await databases.of(part).pool.connect()
  await client.query(`begin; set local idle_in_transaction_session_timeout = 0; lock table ${table} in exclusive mode`)
  let going: Promise<void> | undefined
  const letGo = () => (going ??= client.query('rollback').then(() => client.release()))
  // Also when the test fails: the program would wait for the lock at its end.
  onTestFinished(letGo)
  return { letGo }
}

describe('the erasure of a person', () => {
  /** Of those whose erasure was interrupted. */
  const receipts: string[] = []

  it('leaves nothing of them in any row of any database and in no file, and the books right', async () => {
    const ada = await settleIn(campus)
    const secrets = await keptSecrets(ada)
    // What is searched for is there: in every database but the gateway's, whose counters say of nobody that they called.
    expect((await whatIsLeftOf(ada, secrets)).length).toBeGreaterThan(15)
    await untilDone(await erase(ada))
    expect(await whatIsLeftOf(ada, secrets)).toEqual([])
    for (const id of Object.values(ada.auctions)) await close(campus, id)
    const [wallet, market, audit] = await Promise.all([verify('wallet'), verify('market'), verify('audit')])
    expect([wallet, market]).toEqual(['the books are right\n', 'the market is right\n'])
    expect(audit).toMatch(/the trail is right: \d+ links\nwhat was personal is erased of \d+ events/)
  })

  it.each([
    ['wallet', 'wallet', 'erasure'],
    ['gacha', 'gacha', 'erasure'],
    ['auction', 'auction', 'erasure'],
    ['auction', 'auction', 'bid'],
    ['enrollment', 'enrollment', 'erasure'],
    ['pictures', 'pictures', 'erasure'],
    ['identity', 'identity', 'audit_link'],
  ] as const)(
    'ends complete when the program is killed at the step of %s, as it writes to %s.%s',
    async (step, part, table) => {
      const ada = await settleIn(campus)
      const secrets = await keptSecrets(ada)
      // Identity writes down what is owed first, and its own step comes when the others are through.
      const early = step === 'identity' ? undefined : await stop(part, table)
      const begun = await erase(ada)
      const late = early ?? (await stop(part, table))
      const others = ['wallet', 'gacha', 'auction', 'enrollment', 'pictures'].filter((name) => name !== step)
      await expect
        .poll(async () => stepsDone(await follow(begun)).toSorted(), { timeout: 30_000, interval: 50 })
        .toEqual(others.toSorted())
      await program.kill()
      await late.letGo()
      await startAgain()
      const receipt = await untilDone(begun)
      expect(await whatIsLeftOf(ada, secrets)).toEqual([])
      const file = join(dataDirectory, `receipt-${part}-${table}.json`)
      await writeFile(file, JSON.stringify(receipt))
      receipts.push(file)
    },
  )

  it('S-37 leaves nothing of an upload that began before it and ends after it', async () => {
    const ada = await settleIn(campus)
    const secrets = await keptSecrets(ada)
    const upload = await beginUpload(campus, ada)
    await untilDone(await erase(ada))
    expect(await upload.finish()).toBe(401)
    expect(await whatIsLeftOf(ada, secrets)).toEqual([])
  })

  it('leaves the books right and gives receipts that are good, wherever the program was killed', async () => {
    expect(receipts).toHaveLength(7)
    const verifications = receipts.map((file) =>
      launch(['admin', 'privacy', 'receipt', 'verify', file], { SALLYPORT_DATA: dataDirectory }),
    )
    for (const verification of verifications) expect(await verification.ended(), verification.output()).toBe(0)
    expect(await verify('wallet')).toBe('the books are right\n')
  })

  it('is begun by an operator too, who hears of every step and gets the receipt', async () => {
    const ada = await settleIn(campus)
    const secrets = await keptSecrets(ada)
    const admin = (...args: string[]) => launch(['admin', 'privacy', ...args], { SALLYPORT_DATA: dataDirectory })
    const asked = admin('erase', ada.username)
    expect([await asked.ended(), asked.output()]).toEqual([1, expect.stringContaining('say --yes')])
    const nobody = admin('erase', 'nobody-at-all', '--yes')
    expect([await nobody.ended(), nobody.output()]).toEqual([1, expect.stringContaining('Account not found')])

    const erasing = admin('erase', ada.username, '--yes')
    expect(await erasing.ended(), erasing.output()).toBe(0)
    for (const step of ['wallet', 'gacha', 'auction', 'enrollment', 'pictures', 'identity'])
      expect(erasing.output()).toContain(`${step}: erased\n`)
    expect(await whatIsLeftOf(ada, secrets)).toEqual([])

    const file = join(dataDirectory, 'receipt.json')
    const receipt = erasing.output().slice(erasing.output().indexOf('{'))
    await writeFile(file, receipt)
    const good = admin('receipt', 'verify', file)
    expect([await good.ended(), good.output()]).toEqual([0, expect.stringContaining('the receipt is good')])
    await writeFile(file, receipt.replace(/"open wallets": 1/, '"open wallets": 2'))
    const forged = admin('receipt', 'verify', file)
    expect([await forged.ended(), forged.output()]).toEqual([1, expect.stringContaining('its seal does not fit')])
  })
})
