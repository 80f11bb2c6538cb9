import type { identity } from '@sallyport/contracts'
import type { AccountId, Clock } from '@sallyport/kernel'
import { listGrants } from '@sallyport/openid'
import {
  idIn,
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionReaders,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Account } from '../accounts/account.ts'
import { findAccount } from '../accounts/account-store.ts'
import { listKeys } from '../api-keys/api-key-store.ts'
import { namesOfClients } from '../clients/clients.ts'
import { listFactors } from '../factors/factor-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { listPasskeys } from '../passkeys/passkey-store.ts'
import { findRegistration } from '../pictures/registration-store.ts'
import { deviceOf } from '../sessions/device.ts'
import { english } from '../words/english.ts'
import * as store from './export-store.ts'

type Data = identity.IdentityData
type Event = NonNullable<Data['events']>[number]

export interface IdentityDataParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
}

/** A page of everything that identity itself holds of an account: no secret, no digest of one, and nobody else. @throws {UnknownPage} */
export function readIdentityData(
  parts: IdentityDataParts,
  uid: AccountId,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  return readPersonalDataPage(sectionsOf(parts, uid), place)
}

function sectionsOf({ db, clock }: IdentityDataParts, uid: AccountId): SectionReaders<Data> {
  return {
    async account() {
      const account = await findAccount(db, uid)
      return { sections: { account: account ? toAccount(account) : null } }
    },

    async pictures() {
      const found = await findRegistration(db, uid)
      const pictures = found && {
        number: found.number,
        first_name: found.firstName,
        last_name: found.lastName,
        address: found.address,
      }
      return { sections: { pictures: pictures ?? null } }
    },

    async sessions(place) {
      const found = await store.listSessionsOf(db, uid, { ...place, after: idIn(place) })
      const { rows, next } = pieceOf(found, place, ({ sid }) => sid)
      const names = await namesOfClients(
        db,
        rows.flatMap(({ client }) => client ?? []),
      )
      return { sections: { sessions: rows.map((row) => toSession(row, names)) }, next }
    },

    async api_keys() {
      const keys = await listKeys(db, uid, clock.now())
      const apiKeys = keys.map((key) => ({
        id: key.id,
        name: key.name,
        prefixes: [...key.prefixes],
        scopes: [...key.scopes],
        allowed_addresses: [...key.networks],
        created_at: key.createdAt.toISOString(),
        expires_at: key.expiresAt.toISOString(),
        last_used_at: timeOf(key.lastUsedAt),
        uses: key.uses,
      }))
      return { sections: { api_keys: apiKeys } }
    },

    async passkeys() {
      const passkeys = (await listPasskeys(db, uid)).map(({ name, createdAt, lastUsedAt }) => ({
        name,
        created_at: createdAt.toISOString(),
        last_used_at: timeOf(lastUsedAt),
      }))
      return { sections: { passkeys } }
    },

    async authenticator_app() {
      const app = (await listFactors(db, uid)).find((factor) => factor.kind === 'totp')
      return { sections: { authenticator_app: app ? { added_at: app.addedAt.toISOString() } : null } }
    },

    async recovery_codes() {
      const codes = (await listFactors(db, uid)).find((factor) => factor.kind === 'recovery-codes')
      return { sections: { recovery_codes: codes ? { left: codes.left } : null } }
    },

    async clients() {
      const grants = await listGrants(db, uid, clock.now())
      const names = await namesOfClients(
        db,
        grants.map(({ clientId }) => clientId),
      )
      const clients = [...Map.groupBy(grants, ({ clientId }) => clientId)].map(([id, given]) => ({
        client: names.get(id) ?? id,
        scopes: [...new Set(given.flatMap(({ scopes }) => scopes))].toSorted(),
        since: timeOf(given.at(-1)?.since),
        until: latestOf(given.map(({ until }) => until)),
      }))
      return { sections: { clients } }
    },

    async letters() {
      const letters = (await store.listLettersTo(db, uid)).map((letter) => ({
        purpose: letter.purpose,
        email: letter.email,
        sent_at: letter.created_at.toISOString(),
        expires_at: letter.expires_at.toISOString(),
      }))
      return { sections: { letters } }
    },

    async usual_networks() {
      const { count, until } = await store.countFamiliarNetworks(db, uid)
      return { sections: { usual_networks: count === 0n ? null : { count: Number(count), until: timeOf(until) } } }
    },

    async events(place) {
      const found = await store.listEventsOf(db, uid, { after: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ id }) => id)
      return { sections: { events: rows.map((row) => toEvent(row, uid)) }, next }
    },
  }
}

function toAccount(account: Account): NonNullable<Data['account']> {
  return {
    uid: account.uid,
    username: account.username,
    email: account.email ?? null,
    email_verified_at: timeOf(account.emailVerifiedAt),
    roles: account.roles.map(({ name }) => name),
    born_on: account.bornOn,
    created_at: account.createdAt.toISOString(),
    last_login_at: timeOf(account.lastLoginAt),
    member_since: timeOf(account.memberSince),
    suspended_at: timeOf(account.suspendedAt),
    deleted_at: timeOf(account.deletedAt),
    second_factor: account.hasSecondFactor,
  }
}

function toSession(row: store.ExportedSession, names: ReadonlyMap<string, string>) {
  return {
    id: row.sid,
    device: english.account.device(deviceOf(row.user_agent ?? undefined)) ?? null,
    user_agent: row.user_agent,
    address: row.address,
    surface: row.opened_on,
    client: row.client === null ? null : (names.get(row.client) ?? row.client),
    opened_at: row.created_at.toISOString(),
    last_used_at: (row.last_used_at ?? row.created_at).toISOString(),
    expires_at: row.expires_at.toISOString(),
  }
}

/** What is of somebody else in it stays out: who an administrator was and from where, and what was done to another account. */
function toEvent(event: store.ExportedEvent, uid: AccountId): Event {
  const isOfAnother = event.actor !== null && event.actor !== uid
  const isAboutAnother = event.subject !== null && event.subject !== uid
  const whose = (isAnothers: boolean): string => (isAnothers ? 'other-account' : 'self')
  return {
    at: event.at.toISOString(),
    kind: event.kind,
    by: event.actor_kind === 'account' ? whose(isOfAnother) : event.actor_kind,
    about: event.subject === null ? 'none' : whose(isAboutAnother),
    address: isOfAnother ? null : event.address,
    details: isAboutAnother ? {} : { ...event.details },
  }
}

function timeOf(time: Date | null | undefined): string | null {
  return time?.toISOString() ?? null
}

function latestOf(times: readonly (Date | undefined)[]): string | null {
  const latest = Math.max(...times.map((time) => time?.getTime() ?? Infinity))
  return Number.isFinite(latest) ? new Date(latest).toISOString() : null
}
