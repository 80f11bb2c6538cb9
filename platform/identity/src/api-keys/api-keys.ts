import { type AccountId, type Clock, newId, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { lockAccount } from '../accounts/account-store.ts'
import { UnknownAccount } from '../accounts/account.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { endOfRevocation, type SessionId } from '../sessions/session.ts'
import { revokeKeyTokens } from '../sessions/session-store.ts'
import {
  type ApiKey,
  type ApiKeyId,
  checkNewApiKey,
  digestOf,
  mostKeys,
  type NewApiKey,
  newText,
  NotForThirdParties,
  prefixOf,
  storedDigestOf,
  TooManyApiKeys,
  UnknownApiKey,
} from './api-key.ts'
import * as store from './api-key-store.ts'

/** The text of a key is told once, to whoever had it made; only a digest of it is kept. */
export interface WithText {
  readonly key: ApiKey
  readonly text: string
}

/** The owner of keys, who manages them. */
export interface Owner {
  readonly uid: AccountId
  readonly by: Actor
  /** What they are signed in with. */
  readonly session: SessionId
}

export interface ApiKeys {
  /** @throws {InvalidApiKey} @throws {TooManyApiKeys} @throws {NotForThirdParties} */
  create(owner: Owner, key: NewApiKey): Promise<WithText>
  list(uid: AccountId): Promise<ApiKey[]>
  /** Another text for a key; the one before counts for so many seconds more. @throws {UnknownApiKey} @throws {NotForThirdParties} */
  rotate(owner: Owner, id: string, overlapSeconds: number): Promise<WithText>
  /** Ends a key and its tokens. @throws {UnknownApiKey} */
  remove(owner: Owner, id: string): Promise<void>
}

const dayMs = 86_400_000

export function createApiKeys(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
  readonly feed: RevocationFeed
  readonly masterKey: Uint8Array
  /** Every scope that a key can have. */
  readonly scopes: ReadonlySet<string>
}): ApiKeys {
  const { db, clock, audit, feed, masterKey, scopes } = parts

  const secretOf = (text: string, createdAt: Date): store.KeptSecret => ({
    digest: storedDigestOf(digestOf(text), masterKey),
    prefix: prefixOf(text),
    createdAt,
  })

  async function read(uid: AccountId, id: ApiKeyId): Promise<ApiKey> {
    const key = (await store.listKeys(db, uid, clock.now())).find((one) => one.id === id)
    if (!key) throw new UnknownApiKey()
    return key
  }

  return {
    async create({ uid, by, session }, wanted) {
      checkNewApiKey(wanted, scopes)
      const [id, text, createdAt] = [newId<ApiKeyId>(), newText(), clock.now()]
      const { name, networks, lifeDays } = wanted
      const expiresAt = new Date(createdAt.getTime() + lifeDays * dayMs)
      const key = {
        id,
        uid,
        name,
        scopes: [...new Set(wanted.scopes)],
        networks,
        createdAt,
        expiresAt,
        madeOn: 'account',
      } as const
      await db.transaction().execute(async (tx) => {
        if (await store.isOfThirdParty(tx, session)) throw new NotForThirdParties()
        // Two at once could each find room for one.
        if (!(await lockAccount(tx, uid))) throw new UnknownAccount()
        if ((await store.countKeys(tx, uid)) >= mostKeys) throw new TooManyApiKeys()
        await store.insertKey(tx, key, secretOf(text, createdAt))
        await audit.record(tx, { kind: 'api-key.created', by, subject: uid, details: { key: id, name } })
      })
      return { key: await read(uid, id), text }
    },

    list: (uid) => store.listKeys(db, uid, clock.now()),

    async rotate({ uid, by, session }, id, overlapSeconds) {
      const [text, now] = [newText(), clock.now()]
      const known = knownId(id)
      const revocations = await db.transaction().execute(async (tx) => {
        if (await store.isOfThirdParty(tx, session)) throw new NotForThirdParties()
        if (!(await store.lockKey(tx, uid, known, now))) throw new UnknownApiKey()
        await store.replaceSecrets(tx, known, new Date(now.getTime() + overlapSeconds * 1000))
        await store.insertSecret(tx, known, secretOf(text, now))
        await audit.record(tx, { kind: 'api-key.rotated', by, subject: uid, details: { key: known } })
        // Doors ask about every text of the key again, also about the one that has just ended.
        return revokeKeyTokens(tx, await store.renewSessions(tx, uid, known), endOfRevocation(now))
      })
      feed.publish(revocations)
      return { key: await read(uid, known), text }
    },

    async remove({ uid, by }, id) {
      const known = knownId(id)
      const revocations = await db.transaction().execute(async (tx) => {
        const ended = await store.removeKeys(tx, uid, known)
        if (ended.length === 0) throw new UnknownApiKey()
        await audit.record(tx, { kind: 'api-key.removed', by, subject: uid, details: { key: known } })
        return revokeKeyTokens(tx, ended, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
    },
  }
}

function knownId(text: string): ApiKeyId {
  const id = parseId<ApiKeyId>(text)
  if (!id) throw new UnknownApiKey()
  return id
}
