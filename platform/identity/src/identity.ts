import { identity as contracts } from '@sallyport/contracts'
import type { ServiceDatabase } from '@sallyport/database'
import { createJobs } from '@sallyport/jobs'
import type { Clock } from '@sallyport/kernel'
import {
  type Authentication,
  createService,
  type PublicJwk,
  type RevocationSource,
  type Service,
} from '@sallyport/service'
import type { Logger } from 'pino'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { hasAdministrator } from './accounts/account-store.ts'
import { createClients } from './clients/clients.ts'
import type { IdentityDatabase } from './identity-database.ts'
import { createAudit } from './audit/audit.ts'
import { createMembershipSaga } from './memberships/membership-saga.ts'
import { membershipTask } from './memberships/membership-steps.ts'
import { createMemberships, type MemberServices } from './memberships/memberships.ts'
import { createPasswordHashing } from './passwords/password-hashing.ts'
import { createRevocationFeed } from './sessions/revocation-feed.ts'
import type { Mailer } from './mail/mailer.ts'
import { createLinkSending, linkTask } from './proofs/link-sending.ts'
import { createProofs } from './proofs/proofs.ts'
import { createOpenId } from './openid/openid.ts'
import { createRoles } from './roles/roles.ts'
import { createSessions } from './sessions/sessions.ts'
import { accountsRoutes, type AccountsSurfaceSettings } from './surfaces/accounts.ts'
import { clientRoutes } from './surfaces/client-routes.ts'
import { marketRoutes } from './surfaces/market.ts'
import { ownAccountRoutes } from './surfaces/own-account-routes.ts'
import { ownRoutes } from './surfaces/own-routes.ts'
import { loadSigningKeys } from './tokens/signing-keys.ts'
import { createTokenIssuer } from './tokens/token-issuer.ts'

export interface IdentityParts {
  readonly database: ServiceDatabase<IdentityDatabase>
  readonly authentication: Authentication
  /** The services that accounts have something at. */
  readonly members: MemberServices
  readonly log: Logger
  readonly clock: Clock
  /** The `iss` of the tokens: the address that people know this installation by. */
  readonly issuer: string
  /** 32 bytes that private keys are encrypted under. */
  readonly masterKey: Uint8Array
  /** Brings links to the addresses they prove. */
  readonly mailer: Mailer
  /** How the account service is set up. */
  readonly accountsSurface: AccountsSurfaceSettings
  /** Tells the processes of identity apart. */
  readonly instance?: string
}

export interface Identity {
  readonly service: Service
  /** The public keys of the tokens, for services of the same process. */
  readonly publicKeys: () => readonly PublicJwk[]
  /** What was revoked, for services of the same process. */
  readonly revocations: RevocationSource
  /** Whether any account administers. */
  hasAdministrator(): Promise<boolean>
  readonly accounts: Accounts
}

/** How long a start waits for steps that were owed before it, in milliseconds. */
const resumeLimitMs = 5000
/** How long a stop waits for a job under way, in milliseconds; the next start takes it up. */
const stopLimitMs = 1000

/** Assembles identity. The database is migrated. @throws {WrongMasterKey} */
export async function buildIdentity(parts: IdentityParts): Promise<Identity> {
  const {
    database,
    authentication,
    members,
    log,
    clock,
    issuer,
    masterKey,
    mailer,
    accountsSurface,
    instance = '1',
  } = parts
  const { db } = database
  const keys = await loadSigningKeys(db, masterKey, clock)
  const hashing = createPasswordHashing({ log })
  const feed = createRevocationFeed(db, log)
  const memberships = createMemberships(members)
  const linkParts = { db, clock, mailer, publicUrl: issuer }
  const tasks = { 'take-membership-step': membershipTask(memberships, log), 'send-link': linkTask(linkParts) }
  const jobs = createJobs({ database, service: 'identity', tasks, log, instance })
  const saga = createMembershipSaga({ memberships, jobs, log })
  const audit = createAudit(clock)
  const links = createLinkSending({ ...linkParts, jobs, log })
  const accounts = createAccounts({ db, clock, hashing, saga, feed, audit, links })
  const roles = createRoles({ db, clock, feed, audit })
  const proofs = createProofs({ db, clock, hashing, feed, audit })
  const tokens = createTokenIssuer(issuer, keys)
  const sessions = createSessions({ db, clock, log, hashing, tokens, feed, saga, audit })
  const openId = createOpenId({
    db,
    clock,
    log,
    publicUrl: issuer,
    masterKey,
    keys,
    accounts,
    sessions,
    links,
    reservedNames: accountsSurface.reservedNames,
    feed,
    audit,
  })
  const publicKeys = (): readonly PublicJwk[] => keys.published
  let sweeping: { stop(): void }[] = []

  const service = await createService({
    contract: contracts.identityContract,
    authentication,
    log,
    routes: [
      ...marketRoutes({ accounts, sessions }),
      ...accountsRoutes({ accounts, sessions, roles, proofs, tokens, clock, settings: accountsSurface }),
      ...ownAccountRoutes({ proofs, links }),
      ...clientRoutes({
        clients: createClients({ db, clock, audit }),
        issueInitialAccessToken: (lifeSeconds) => openId.issueInitialAccessToken(lifeSeconds),
      }),
      ...ownRoutes({ keys: publicKeys, feed }),
    ],
    mounts: { openId: (request, response) => openId.handle(request, response) },
    checks: { database: () => database.ping() },
    async start() {
      await jobs.prepare()
      await jobs.resume({ timeoutMs: resumeLimitMs })
      await jobs.start()
      sweeping = [sessions.startSweeping(), openId.startSweeping()]
    },
    async stop() {
      for (const sweep of sweeping) sweep.stop()
      openId.close()
      await jobs.stop({ timeoutMs: stopLimitMs })
      await hashing.stop()
    },
  })

  return {
    service,
    publicKeys,
    revocations: feed,
    hasAdministrator: () => hasAdministrator(db),
    accounts,
  }
}
