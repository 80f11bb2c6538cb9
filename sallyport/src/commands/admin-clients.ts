import { type Clients, createClients, type NewClient, type WithSecret } from '@sallyport/identity/clients'
import { createAudit } from '@sallyport/identity/audit'
import type { IdentityDatabase } from '@sallyport/identity'
import { systemClock } from '@sallyport/kernel'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'

const operator = { kind: 'operator' } as const

/** `sallyport admin clients add`. @throws {InvalidClient} */
export async function addClient(settings: Settings, client: NewClient): Promise<void> {
  tell(await withClients(settings, (clients) => clients.add(client, operator)))
}

/** `sallyport admin clients list`: one client a line. */
export async function listClients(settings: Settings): Promise<void> {
  const all = await withClients(settings, (clients) => clients.list())
  const lines = all.map(({ id, name, firstParty, secrets }) => {
    const kind = secrets === 0 ? 'without a secret' : secrets === 1 ? '1 secret' : `${secrets} secrets`
    return `${id}  ${firstParty ? 'first party' : 'third party'}, ${kind}  ${JSON.stringify(name)}`
  })
  say(lines.length === 0 ? 'there are no clients' : lines.join('\n'))
}

/** `sallyport admin clients rotate-secret`. @throws {UnknownClient} */
export async function rotateClientSecret(settings: Settings, id: string): Promise<void> {
  tell(await withClients(settings, (clients) => clients.rotateSecret(id, operator)))
  say('the secret before counts until the next one is made')
}

/** `sallyport admin clients remove`. @throws {UnknownClient} */
export async function removeClient(settings: Settings, id: string): Promise<void> {
  await withClients(settings, (clients) => clients.remove(id, operator))
  say(`client ${id} is removed`)
}

async function withClients<T>(settings: Settings, work: (clients: Clients) => Promise<T>): Promise<T> {
  const databases = await reachDatabases(settings)
  try {
    const { db } = databases.open<IdentityDatabase>('identity')
    return await work(createClients({ db, clock: systemClock, audit: createAudit(systemClock) }))
  } finally {
    await databases.stop()
  }
}

function tell({ id, secret }: WithSecret): void {
  say(secret === undefined ? `client ${id}` : `client ${id}\nsecret ${secret}  (it is not shown again)`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
