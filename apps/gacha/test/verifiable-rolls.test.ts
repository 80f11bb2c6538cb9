import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gacha as routes } from '@sallyport/contracts'
import type { Static } from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountId } from '@sallyport/kernel'
import { verifyCopies } from '../src/audit/index.ts'
import { nextSeed } from './seeds.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'
import { holdBack, loseAnswer } from './wallet-stand-in.ts'

const rolledSchema = routes.rollVerifiably.replies[201]
type Rolled = Static<typeof rolledSchema>
type VerifyRoll = (roll: unknown, commitment: string, clientSeed: string) => boolean

let gacha: TestGacha
let ada: AccountId
let verifyRoll: VerifyRoll
let folder: string

beforeAll(async () => {
  gacha = await startGacha({ randomSeed: nextSeed })
  folder = await mkdtemp(join(tmpdir(), 'verify-roll-'))
  verifyRoll = await routineOfTheDocument()
})
beforeEach(async () => {
  ada = await gacha.newPlayer(30)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await gacha.stop()
})

/** The routine that the document gives to players, as it stands there. */
async function routineOfTheDocument(): Promise<VerifyRoll> {
  const text = await readFile(new URL('../../../docs/verifiable-rolls.md', import.meta.url), 'utf8')
  const [, code] = /```js\n(.*?)```/s.exec(text) ?? []
  const file = join(folder, 'verify-roll.mjs')
  await writeFile(file, code ?? '')
  const loaded: unknown = await import(pathToFileURL(file).href)
  const routine: unknown = Reflect.get(Object(loaded), 'verifyRoll')
  if (typeof routine !== 'function') throw new TypeError('the document has no routine')
  return (...given) => Reflect.apply(routine, undefined, given) === true
}

async function commitment(uid: AccountId): Promise<string> {
  const { body } = await gacha.asPlayer(uid, 'GET', '/v1/gacha/rolls/commitment')
  return Value.Parse(routes.readCommitment.replies[200], body).commitment
}

async function roll(uid: AccountId, clientSeed?: string): Promise<Rolled> {
  const more = { body: clientSeed === undefined ? {} : { client_seed: clientSeed } }
  const { status, body } = await gacha.asPlayer(uid, 'POST', '/v1/gacha/rolls', more)
  expect(status).toBe(201)
  return Value.Parse(rolledSchema, body)
}

describe('the routine of docs/verifiable-rolls.md', () => {
  it.each([undefined, '', 'my own luck', ' :1:~', 'x'.repeat(64)])(
    'finds a roll true: client seed %j',
    async (text) => {
      const promised = await commitment(ada)
      expect(verifyRoll(await roll(ada, text), promised, text ?? '')).toBe(true)
    },
  )

  it('finds many rolls true, and their commitments a chain', async () => {
    const uid = await gacha.newPlayer(600)
    let promised = await commitment(uid)
    for (let count = 0; count < 60; count++) {
      const rolled = await roll(uid, `number ${count}`)
      expect(verifyRoll(rolled, promised, `number ${count}`)).toBe(true)
      promised = rolled.next_commitment
      expect(await commitment(uid)).toBe(promised)
    }
    expect(await verifyCopies(gacha.test.database.db)).toEqual([])
  })

  it('finds a roll true whose first draw was removed before delivery', async () => {
    const promised = await commitment(ada)
    const held = holdBack('answer')
    gacha.wallet.plan.push(held.incident)
    const rolling = roll(ada, 'again')
    await held.reached
    const { gacha_name: name } = await gacha.test.database.db
      .selectFrom('roll')
      .select('gacha_name')
      .where('uid', '=', ada)
      .executeTakeFirstOrThrow()
    await gacha.asAdministrator('DELETE', `/admin/api/distro/gacha/remove/${name}`)
    held.release()
    const rolled = await rolling
    expect(rolled.proof).toMatchObject({ attempt: 2 })
    expect(rolled.proof.catalogue).toHaveLength(20)
    expect(verifyRoll(rolled, promised, 'again')).toBe(true)
    expect(verifyRoll({ ...rolled, proof: { ...rolled.proof, attempt: 1 } }, promised, 'again')).toBe(false)
  })

  it('finds a roll true that its job delivered, after what was drawn first was removed', async () => {
    const promised = await commitment(ada)
    gacha.wallet.plan.push(loseAnswer)
    await gacha.asPlayer(ada, 'POST', '/v1/gacha/rolls', { body: { client_seed: 'job' } })
    const unsettled = await gacha.test.database.db
      .selectFrom('roll')
      .select(['id', 'gacha_name'])
      .where('uid', '=', ada)
      .executeTakeFirstOrThrow()
    await gacha.asAdministrator('DELETE', `/admin/api/distro/gacha/remove/${unsettled.gacha_name}`)
    await gacha.startAnother()
    const { body } = await gacha.asPlayer(ada, 'GET', `/v1/gacha/rolls/${unsettled.id}`)
    expect(body).toMatchObject({ state: 'delivered', proof: { attempt: 2 } })
    expect(verifyRoll(body, promised, 'job')).toBe(true)
  })

  it('finds a roll of the market true that is read afterwards', async () => {
    const promised = await commitment(ada)
    expect((await gacha.roll(ada)).status).toBe(200)
    const { body } = await gacha.asPlayer(ada, 'GET', '/v1/gacha/rolls')
    const id = Value.Parse(routes.pageThroughRolls.replies[200], body).items[0]?.id
    const read = await gacha.asPlayer(ada, 'GET', `/v1/gacha/rolls/${id}`)
    expect(verifyRoll(Value.Parse(routes.readRoll.replies[200], read.body), promised, '')).toBe(true)
  })

  it.each<[string, (rolled: Rolled) => Rolled]>([
    ['another gacha', (rolled) => ({ ...rolled, gacha: { ...rolled.gacha, name: 'Windows' } })],
    ['another rarity', (rolled) => ({ ...rolled, gacha: { ...rolled.gacha, rarity: (rolled.gacha.rarity % 5) + 1 } })],
    ['another seed', (rolled) => withProof(rolled, { seed: nextSeed().toString('hex') })],
    ['a longer seed', (rolled) => withProof(rolled, { seed: `${rolled.proof.seed}z` })],
    ['another commitment', (rolled) => withProof(rolled, { commitment: rolled.next_commitment })],
    ['another client seed', (rolled) => withProof(rolled, { client_seed: 'not mine' })],
    ['another attempt', (rolled) => withProof(rolled, { attempt: differently(rolled) })],
    [
      'a catalogue without it',
      (rolled) =>
        withProof(rolled, { catalogue: rolled.proof.catalogue.filter(({ name }) => name !== rolled.gacha.name) }),
    ],
    [
      'a catalogue where it is rarer',
      (rolled) =>
        withProof(rolled, {
          catalogue: rolled.proof.catalogue.map((lot) =>
            lot.name === rolled.gacha.name ? { ...lot, rarity: (lot.rarity % 5) + 1 } : lot,
          ),
        }),
    ],
  ])('finds a roll false with %s', async (_, change) => {
    const promised = await commitment(ada)
    const rolled = await roll(ada, 'mine')
    expect(verifyRoll(rolled, promised, 'mine')).toBe(true)
    expect(verifyRoll(change(rolled), promised, 'mine')).toBe(false)
  })

  it('finds a roll false that was made with another seed than was promised, or another text than was sent', async () => {
    const promised = await commitment(ada)
    const first = await roll(ada, 'mine')
    const second = await roll(ada, 'mine')
    expect(verifyRoll(second, promised, 'mine')).toBe(false)
    expect(verifyRoll(first, promised, 'theirs')).toBe(false)
  })
})

function withProof(rolled: Rolled, change: Partial<Rolled['proof']>): Rolled {
  return { ...rolled, proof: { ...rolled.proof, ...change } }
}

/** An attempt that draws something else: now and then another one draws the same by chance. */
function differently(rolled: Rolled): number {
  const { proof } = rolled
  const attempts = [2, 3, 4, 5, 6, 7, 8, 9]
  const other = attempts.find(
    (attempt) => !verifyRoll(withProof(rolled, { attempt }), proof.commitment, proof.client_seed),
  )
  return other ?? 0
}
