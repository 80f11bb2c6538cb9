import { type Clock, toUnixSeconds } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { errors } from '../library.ts'
import type { OpenIdDatabase } from './openid-database.ts'
import { addRecord, keyOf, removeRecord, removeRecordsOfGrant, type StoredRecord } from './record-store.ts'
import type { Records } from './records.ts'

/** Encrypts what has to be read again although its bearer is not there. */
export interface Sealing {
  readonly seal: (text: string) => string
  /** @throws {Error} when it was not sealed by this */
  readonly open: (sealed: string) => string
}

export interface AdapterParts {
  readonly db: Kysely<OpenIdDatabase>
  readonly records: Records
  readonly clock: Clock
  readonly sealing: Sealing
  /** Told of the browser sessions whose tokens were just taken back. */
  readonly onRevoked: (sessions: readonly string[]) => Promise<void>
}

/** How the provider keeps what it calls a model. One of each is made by the provider. */
export function createAdapter(model: string, { db, records, clock, sealing, onRevoked }: AdapterParts): Adapter {
  const expiryOf = (seconds: number | undefined): Date | null =>
    seconds === undefined ? null : new Date(clock.now().getTime() + seconds * 1000)
  const found = (record: StoredRecord | undefined, id: string | undefined): AdapterPayload | undefined =>
    record && revive(record, id, sealing)

  return {
    async upsert(id, payload, expiresIn) {
      const record = { key: keyOf(model, id), payload: strip(model, payload, sealing), expiresAt: expiryOf(expiresIn) }
      if (model !== 'ReplayDetection') return records.put(record)
      // The provider has looked whether it is there; of two that looked at once, the second comes too late here.
      if (!(await addRecord(db, record))) {
        throw new errors.InvalidRequest('this proof was used before')
      }
    },
    find: async (id) => found(await records.find(keyOf(model, id)), id),
    findByUid: async (uid) => found(await records.findByUid({ model, value: uid }), undefined),
    findByUserCode: async (userCode) => found(await records.findByUserCode({ model, value: userCode }), undefined),
    async consume(id) {
      const first = await records.consume({ key: keyOf(model, id), at: clock.now() })
      if (!first) throw new errors.InvalidGrant('it was used before')
    },
    destroy: (id) => removeRecord(db, keyOf(model, id)),
    async revokeByGrantId(grantId) {
      const sessions = await removeRecordsOfGrant(db, model, grantId)
      if (sessions.length > 0) await onRevoked(sessions)
    },
  }
}

/**
 * Takes out of a payload what its bearer presents. A device's code is asked for by the person's code, and a question
 * remembers whose device or which pushed request it belongs to: these are sealed.
 */
function strip(model: string, payload: AdapterPayload, { seal }: Sealing): AdapterPayload {
  const { jti, consumed: _consumed, deviceCode, parJti, session, ...rest } = payload
  return {
    ...rest,
    ...(model === 'DeviceCode' && jti !== undefined && { jti: seal(jti) }),
    ...(deviceCode !== undefined && { deviceCode: seal(deviceCode) }),
    ...(parJti !== undefined && { parJti: seal(parJti) }),
    ...(session && { session: withoutCookie(session) }),
  }
}

function withoutCookie({ cookie: _cookie, ...rest }: NonNullable<AdapterPayload['session']>) {
  return rest
}

function revive({ payload, consumedAt }: StoredRecord, id: string | undefined, { open }: Sealing): AdapterPayload {
  const { jti, deviceCode, parJti, ...rest } = payload
  const ownId = id ?? (jti === undefined ? undefined : open(jti))
  return {
    ...rest,
    ...(ownId !== undefined && { jti: ownId }),
    ...(deviceCode !== undefined && { deviceCode: open(deviceCode) }),
    ...(parJti !== undefined && { parJti: open(parJti) }),
    ...(consumedAt && { consumed: toUnixSeconds(consumedAt) }),
  }
}
