import { randomBytes } from 'node:crypto'
import { inBatches } from '@sallyport/database'
import { type Clock, newId } from '@sallyport/kernel'
import { digestOfSecret, type OpenIdClients } from '@sallyport/openid'
import type { Kysely } from 'kysely'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { soughtText } from '../sought-text.ts'
import { accountClient, type Client, type ClientId, metadataOf, type NewClient, UnknownClient } from './client.ts'
import * as store from './client-store.ts'

/** A secret is told once, to whoever had it made; only its digest is kept. */
export interface WithSecret {
  readonly id: ClientId
  /** None for a client that cannot keep one. */
  readonly secret: string | undefined
}

export interface Clients {
  /** @throws {InvalidClient} */
  add(client: NewClient, by: Actor): Promise<WithSecret>
  list(): Promise<Client[]>
  /** The names of clients by their ids; one that is not there any more has none. */
  namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Makes another secret. The one before still counts, until the next one is made. @throws {UnknownClient} also for one without secrets */
  rotateSecret(id: string, by: Actor): Promise<WithSecret>
  /** Ends a client: nobody signs in to it any more, and its tokens are not renewed. @throws {UnknownClient} */
  remove(id: string, by: Actor): Promise<void>
}

/** 256 bits: a plain digest of it cannot be guessed back. */
const secretBytes = 32

export function createClients(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
}): Clients {
  const { db, clock, audit } = parts

  return {
    async add(client, by) {
      const metadata = metadataOf(client)
      const { name, firstParty } = client
      const id = newId<ClientId>()
      const secret = client.confidential ? newSecret() : undefined
      await db.transaction().execute(async (tx) => {
        const now = clock.now()
        await store.insertClient(tx, { id, name, firstParty, metadata, createdAt: now })
        if (secret !== undefined) await store.addSecret(tx, id, digestOfSecret(secret), now)
        await audit.record(tx, { kind: 'client.added', by, details: { client: id, name, firstParty } })
      })
      return { id, secret }
    },

    list: () => store.listClients(db),
    namesOf: (ids) => namesOfClients(db, ids),

    async rotateSecret(text, by) {
      const secret = newSecret()
      const id = clientIdOf(text)
      await db.transaction().execute(async (tx) => {
        // Two rotations at once would each leave two secrets, four in all.
        if (!(await store.lockClient(tx, id))) throw new UnknownClient()
        const [found] = await store.findClients(tx, [id])
        if (!found || found.secrets === 0) throw new UnknownClient()
        await store.addSecret(tx, id, digestOfSecret(secret), clock.now())
        await audit.record(tx, { kind: 'client.secret-rotated', by, details: { client: id } })
      })
      return { id, secret }
    },

    async remove(text, by) {
      const id = clientIdOf(text)
      await db.transaction().execute(async (tx) => {
        if (!(await store.removeClient(tx, id))) throw new UnknownClient()
        await audit.record(tx, { kind: 'client.removed', by, details: { client: id } })
      })
    },
  }
}

/** The clients as the OpenID provider knows them. */
export function openIdClients(parts: { readonly db: Kysely<IdentityDatabase>; readonly clock: Clock }): OpenIdClients {
  const { db, clock } = parts
  const findClient = inBatches((ids: readonly ClientId[]) => store.findClients(db, ids))
  return {
    async find(id) {
      const client = isClientId(id) ? await findClient(id) : undefined
      if (!client) return undefined
      const { name, firstParty, metadata, secretDigests } = client
      return { metadata: { ...metadata, client_id: client.id, client_name: name }, firstParty, secretDigests }
    },
    async register({ metadata: { client_id: id, client_name: name, ...metadata }, secretDigests }) {
      await db.transaction().execute(async (tx) => {
        const now = clock.now()
        const client = { id: clientIdOf(id), name: name ?? id, firstParty: false, metadata, createdAt: now }
        await store.insertClient(tx, client)
        for (const digest of secretDigests) await store.addSecret(tx, client.id, digest, now)
      })
    },
  }
}

function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url')
}

/** The names of clients that are there still, by their ids. */
export async function namesOfClients(
  db: Kysely<IdentityDatabase>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = ids.length === 0 ? [] : await store.namesOfClients(db, ids.filter(isClientId))
  return new Map([[accountClient.id, accountClient.name], ...names])
}

/** Any text may be the id of a client; whether it is one, the database knows. */
function clientIdOf(text: string): ClientId {
  if (!isClientId(text)) throw new UnknownClient()
  return text
}

function isClientId(text: string): text is ClientId {
  return text.length > 0 && text.length <= 100 && soughtText(text) === text
}
