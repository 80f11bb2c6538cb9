import { inject } from 'vitest'
import { ask, personWith } from '../support/enrollment.ts'
import { callPath, objectOf, textOf } from '../support/http.ts'
import { lead, openAuction } from '../support/market.ts'
import { buy, newToken, type Player, uniqueName } from '../support/people.ts'

/** Somebody who has left something at every service, and somebody they had to do with. */
export interface Lives {
  readonly ada: Player
  readonly bob: Player
  readonly auctions: { readonly own: string; readonly others: string }
  /** What nobody may ever read again. */
  readonly secrets: readonly string[]
}

/** What Ada calls things: text, wherever it is shown. */
export const markup = '<b onclick="alert(1)">Ada & "Co"</b>'

/** The smallest PNG: one pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export async function liveALittle(): Promise<Lives> {
  const [registrar, turing] = [await personWith(['registrar']), await personWith(['instructor'])]
  let [ada, bob] = [await personWith(['student'], 'ada'), await personWith(['student'], 'bob')]
  for (const player of [ada, bob]) await buy(player, 200)

  const registration = await callPath('public', 'POST', '/users/api/v1/register', {
    json: { 'First Name': markup, 'Last Name': 'Lovelace', email: ada.email, Password: ada.password },
  })
  const picturesKey = textOf(registration, 'API Key')
  await upload(picturesKey)
  const json = { name: markup, scopes: ['wallet:read'] }
  const ownKey = textOf(await callPath('public', 'POST', '/v1/account/api-keys', { token: ada.token, json }), 'key')

  const rolled = await callPath('public', 'POST', '/v1/gacha/rolls', {
    token: ada.token,
    json: { client_seed: '<i>7</i>' },
  })
  if (rolled.status !== 201) throw new Error(rolled.text)
  const auctions = { own: await openAuction(ada), others: await openAuction(bob) }
  await lead(bob, auctions.own, 11)
  await lead(ada, auctions.others, 12)

  await study({ registrar, turing, ada, bob })
  // What was done has ended no session; whoever wants to see all of it has just signed in.
  const first = ada.token
  ada = { ...ada, token: await newToken(ada) }
  bob = { ...bob, token: await newToken(bob) }
  return { ada, bob, auctions, secrets: [ada.password, ada.token, first, picturesKey, ownKey] }
}

/** A course with a full section, in which Bob has the seat and Ada waits. */
async function study({
  registrar,
  turing,
  ada,
  bob,
}: Readonly<Record<'registrar' | 'turing' | 'ada' | 'bob', Player>>) {
  const course = { department: 'CPSC', number: uniqueName('').slice(-9), title: markup }
  const { id: course_id } = objectOf((await ask(registrar, 'POST', '/courses', course)).body)
  const section = { course_id, section_number: 1, term: 'FA26', instructor: turing.username, capacity: 1 }
  const { id } = objectOf((await ask(registrar, 'POST', '/sections', section)).body)
  for (const student of [bob, ada]) {
    const answer = await ask(student, 'POST', `/sections/${String(id)}/enrollments`)
    if (answer.status !== 201) throw new Error(answer.text)
  }
}

async function upload(key: string): Promise<void> {
  const body = new FormData()
  const fields = { title: markup, explanation: 'Far away.', date: '20260704' }
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  body.append('file', new Blob([new Uint8Array(png)]))
  const url = `${inject('sallyportAddresses').public}/pictures/api/v1/upload`
  const { status } = await fetch(url, { method: 'POST', body, headers: { 'X-API-KEY': key } })
  if (status !== 201) throw new Error(`the upload was answered with ${status}`)
}
