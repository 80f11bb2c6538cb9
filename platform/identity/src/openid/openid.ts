import { hkdfSync } from 'node:crypto'
import { identity as contracts, wholeScope } from '@sallyport/contracts'
import { inBatches } from '@sallyport/database'
import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import {
  type Assurance,
  createOpenIdProvider,
  type OpenIdAccounts,
  type OpenIdKeys,
  type OpenIdProvider,
  type OpenIdResource,
  type PublishedKey,
} from '@sallyport/openid'
import { platformAudience, type PublicJwk } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type AccountPagesParts, createAccountPages } from '../account-pages/account-pages.ts'
import { type Account, roleOf } from '../accounts/account.ts'
import { findAccounts } from '../accounts/account-store.ts'
import type { Audit } from '../audit/audit.ts'
import { openIdClients } from '../clients/clients.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { type Acr, acrs } from '../factors/assurance.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { listPasskeys } from '../passkeys/passkey-store.ts'
import { passkeyScript } from '../passkeys/script.ts'
import { tokenLifeSeconds } from '../sessions/session.ts'
import { mayUse } from '../sessions/sessions.ts'
import { seal, unseal } from '../tokens/sealing.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { createBrowserSessions } from './browser-sessions.ts'
import { providerPages } from './pages.ts'
import { createQuestions, type QuestionParts } from './questions.ts'
import { languages } from '../words/choice.ts'

export interface OpenIdParts extends QuestionParts, AccountPagesParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  /** The address that people know this installation by. */
  readonly publicUrl: string
  readonly masterKey: Uint8Array
  readonly keys: SigningKeys
  readonly feed: RevocationFeed
  readonly audit: Audit
  readonly callPrivateAddresses: boolean
}

/** Identity's OpenID provider, at `/oidc` below the public address. */
export function createOpenId(parts: OpenIdParts): OpenIdProvider {
  const { db, clock, log, publicUrl, masterKey, feed, audit, callPrivateAddresses } = parts
  const purpose = 'openid record'
  const usable = usableAccounts(db)
  return createOpenIdProvider({
    issuer: contracts.openIdIssuerOf(publicUrl),
    db,
    clock,
    log,
    keys: openIdKeys(parts.keys),
    cookieSecrets: [Buffer.from(hkdfSync('sha256', masterKey, '', 'openid cookies', 32)).toString('base64url')],
    sealing: {
      seal: (text) => seal(text, masterKey, purpose).toString('base64url'),
      open: (sealed) => unseal(Buffer.from(sealed, 'base64url'), masterKey, purpose),
    },
    clients: openIdClients({ db, clock }),
    accounts: openIdAccounts(usable),
    sessions: createBrowserSessions({ db, clock, feed, audit }),
    assurance: assurance(db, usable),
    claims: { profile: ['preferred_username'], email: ['email', 'email_verified'], roles: ['role', 'roles'] },
    resources: [platform(usable, publicUrl)],
    pages: providerPages,
    questions: createQuestions(parts),
    accountPages: createAccountPages(parts),
    files: [passkeyScript],
    locales: languages.map(({ language }) => language),
    callPrivateAddresses,
  })
}

function openIdAccounts(usable: UsableAccounts): OpenIdAccounts {
  return {
    async find(id) {
      const account = await usable(id)
      if (!account) return undefined
      const { uid, username, email, emailVerifiedAt } = account
      const claims = {
        preferred_username: username,
        ...(email !== undefined && { email, email_verified: emailVerifiedAt !== undefined }),
        role: roleOf(account),
        roles: account.roles.map(({ name }) => name),
      }
      return { id: uid, claims }
    },
  }
}

function assurance(db: Kysely<IdentityDatabase>, usable: UsableAccounts): Assurance {
  return {
    acrs,
    async strongestOf(id): Promise<Acr | undefined> {
      const account = await usable(id)
      if (!account?.hasSecondFactor) return account && 'urn:sallyport:acr:password'
      const hasPasskey = (await listPasskeys(db, account.uid)).length > 0
      return hasPasskey ? 'phr' : 'urn:sallyport:acr:two-factors'
    },
  }
}

/** The services behind the doors, as a resource (RFC 8707): its tokens are those that they take. */
function platform(usable: UsableAccounts, publicUrl: string): OpenIdResource {
  return {
    identifier: publicUrl,
    audience: platformAudience,
    scopes: [wholeScope],
    tokenLifeSeconds: tokenLifeSeconds.openid,
    async claims(accountId, sid) {
      const account = await usable(accountId)
      if (!account) return undefined
      const { username, roles } = account
      return { sid, username, role: roleOf(account), roles: roles.map(({ name }) => name) }
    },
  }
}

/** Finds accounts that may be used. */
type UsableAccounts = (id: string) => Promise<Account | undefined>

function usableAccounts(db: Kysely<IdentityDatabase>): UsableAccounts {
  const find = inBatches((uids: readonly AccountId[]) => findAccounts(db, uids))
  return async (id) => {
    const uid = parseId<AccountId>(id)
    const account = uid && (await find(uid))
    return account && !account.deletedAt && mayUse(account) ? account : undefined
  }
}

/** The keys of all tokens. */
function openIdKeys(keys: SigningKeys): OpenIdKeys {
  return {
    get current() {
      return keys.signing()
    },
    get published() {
      return keys.published().map(toPublished)
    },
    subscribe: (listener) =>
      keys.watch(async () => {
        listener()
      }),
  }
}

function toPublished(jwk: PublicJwk): PublishedKey {
  const { kid, alg, ...rest } = jwk
  if (typeof kid !== 'string' || typeof alg !== 'string') throw new TypeError('a published key has no id or algorithm')
  return { ...rest, kid, alg }
}
