import { identity as contracts } from '@sallyport/contracts'
import { isUnreachable } from '@sallyport/database'
import { createJobs } from '@sallyport/jobs'
import { createService, type KeySource, type PublicJwk, type RevocationSource, type Service } from '@sallyport/service'
import { createAccountChanges } from './accounts/account-changes.ts'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { hasAdministrator } from './accounts/account-store.ts'
import { createNameDigest } from './accounts/reserved-names.ts'
import { createApiKeys } from './api-keys/api-keys.ts'
import { createKeyExchange } from './api-keys/key-exchange.ts'
import { createClients } from './clients/clients.ts'
import { createFactors } from './factors/factors.ts'
import { createFactorProofs } from './factors/factor-proofs.ts'
import { createSecondSteps } from './factors/second-steps.ts'
import type { IdentityParts } from './identity-parts.ts'
import { createAudit } from './audit/audit.ts'
import { chainKeys } from './audit/chain.ts'
import { createSealer } from './audit/sealer.ts'
import { createMembershipSaga } from './memberships/membership-saga.ts'
import { membershipTask } from './memberships/membership-steps.ts'
import { createMemberships } from './memberships/memberships.ts'
import { createPasswordHashing } from './passwords/password-hashing.ts'
import { createPasskeySignIn } from './passkeys/passkey-sign-in.ts'
import { createPasskeys } from './passkeys/passkeys.ts'
import { relyingPartyOf } from './passkeys/relying-party.ts'
import { passkeyScript } from './passkeys/script.ts'
import { createRevocationFeed } from './sessions/revocation-feed.ts'
import { createLinkSending, linkTask } from './proofs/link-sending.ts'
import { createProvisioningHook, hookTask } from './provisioning/provisioning-hook.ts'
import { createPersonalDataExport } from './privacy/export.ts'
import { sourcesAt } from './privacy/export-sources.ts'
import { createPicturesRegistrations } from './pictures/registrations.ts'
import { receiptKey } from './privacy/erasure-receipt.ts'
import { type ErasureJobs, erasureTask } from './privacy/erasure-steps.ts'
import { createErasures } from './privacy/erasures.ts'
import { createFreshSignIn } from './privacy/fresh-sign-in.ts'
import { retentionSweeps } from './privacy/retention.ts'
import { createProofs } from './proofs/proofs.ts'
import { createGuesses } from './guessing/guesses.ts'
import { createGuessesInMemory } from './guessing/guesses-in-memory.ts'
import { withStandIn } from './guessing/standing-in.ts'
import { createLogins } from './logins/logins.ts'
import { createLimits } from './limits/limits.ts'
import { createOpenId } from './openid/openid.ts'
import { isPrimaryUp } from './primary.ts'
import { createPrimaryChecks } from './primary-checks.ts'
import { startSweeping } from './sweeping.ts'
import { createRoles } from './roles/roles.ts'
import { createOpenSessions } from './sessions/open-sessions.ts'
import { createSessions } from './sessions/sessions.ts'
import { accountsRoutes } from './surfaces/accounts/index.ts'
import { administrationRoutes } from './surfaces/administration-routes.ts'
import { apiKeyRoutes } from './surfaces/api-key-routes.ts'
import { auditRoutes } from './surfaces/audit-routes.ts'
import { clientRoutes } from './surfaces/client-routes.ts'
import { enrollmentUserRoutes } from './surfaces/enrollment.ts'
import { erasureRoutes } from './surfaces/erasure-routes.ts'
import { marketRoutes } from './surfaces/market.ts'
import { ownAccountRoutes } from './surfaces/own-account-routes.ts'
import { ownDataRoutes } from './surfaces/own-data-routes.ts'
import { ownRoutes } from './surfaces/own-routes.ts'
import { picturesRoutes } from './surfaces/pictures.ts'
import { sessionRoutes } from './surfaces/session-routes.ts'
import { createKeyRotation } from './tokens/key-rotation.ts'
import { loadSigningKeys } from './tokens/signing-keys.ts'
import { createTokenIssuer } from './tokens/token-issuer.ts'

export interface Identity {
  readonly service: Service
  /** The public keys of the tokens, for services of the same process. */
  readonly publicKeys: () => readonly PublicJwk[]
  /** Tells services of the same process when other keys are published; nothing is signed with them before they know. */
  readonly watchKeys: KeySource['watch']
  /** What was revoked, for services of the same process. */
  readonly revocations: RevocationSource
  /** Does what a start on the standbys has put off, once the primary is there and migrated. May be called again when it fails. */
  catchUp(): Promise<void>
  /** Whether any account administers. */
  hasAdministrator(): Promise<boolean>
  readonly accounts: Accounts
}

/** Nothing that came with a token of before takes longer, but what hangs. */
const usualSettleMs = 3000

/** How long a start waits for steps that were owed before it, in milliseconds. */
const resumeLimitMs = 5000
/** How long a stop waits for a job under way, in milliseconds; the next start takes it up. */
const stopLimitMs = 1000

/**
 * Assembles identity. The database is migrated.
 *
 * @throws {WrongMasterKey} @throws {ReplicasUnavailable} when it starts on standbys that do not answer
 */
export async function buildIdentity(parts: IdentityParts): Promise<Identity> {
  const {
    database,
    copies,
    authentication,
    members,
    log,
    clock,
    issuer,
    masterKey,
    tokenKeys: { algorithm, rotationDays },
    mailer,
    hookUrl,
    passwordHashing,
    metrics,
    accountsSurface,
    enrollment,
    linkRates,
    erasureSettleMs = usualSettleMs,
    instance = '1',
    startsOn = 'primary',
  } = parts
  const { db } = database
  const audit = createAudit(clock)
  const keyParts = { db, masterKey, clock, algorithm }
  const rotation = createKeyRotation({ ...keyParts, audit })
  const keys = await loadSigningKeys({
    ...keyParts,
    copies: startsOn === 'standbys' ? copies : undefined,
    log,
    rotation,
    rotationDays,
  })
  const hashing = createPasswordHashing({ ...passwordHashing, log, metrics })
  const feed = createRevocationFeed(db, log, copies)
  const changes = createAccountChanges({ feed, copies })
  const memberships = createMemberships(members)
  const linkParts = { db, clock, mailer, publicUrl: issuer }
  const tokens = createTokenIssuer(issuer, keys)
  const hookParts = { db, clock, tokens, hookUrl }
  const guesses = createGuesses({ db, clock })
  const chain = chainKeys(masterKey)
  const tasks = {
    'take-membership-step': membershipTask(memberships, log),
    'send-link': linkTask(linkParts),
    'call-hook': hookTask(hookParts),
    'take-erasure-step': erasureTask({
      db,
      clock,
      log,
      audit,
      mailer,
      guesses,
      chain,
      receiptKey: receiptKey(masterKey),
      services: members,
      settleMs: erasureSettleMs,
      signOut: (ended) => openId.signOut(ended),
      jobs: (): ErasureJobs => jobs,
    }),
  }
  const jobs = createJobs({ database, service: 'identity', tasks, log, instance })
  const saga = createMembershipSaga({ memberships, jobs, log })
  const sealer = createSealer({ db, key: chain.links, clock, log })
  const links = createLinkSending({ ...linkParts, jobs, log, audit })
  const hook = createProvisioningHook({ ...hookParts, jobs, log })
  const nameDigest = createNameDigest(masterKey)
  const accounts = createAccounts({
    db,
    clock,
    hashing,
    saga,
    changes,
    copies,
    audit,
    links,
    hook,
    guesses,
    nameDigest,
  })
  const roles = createRoles({ db, clock, changes, audit })
  const proofs = createProofs({ db, clock, hashing, changes, audit, guesses })
  const sessions = createSessions({ db, clock, log, hashing, tokens, feed, saga, audit, guesses })
  const logins = createLogins({
    db,
    copies,
    clock,
    log,
    hashing,
    audit,
    feed,
    guesses: withStandIn({
      guesses,
      standIn: createGuessesInMemory({ clock }),
      isThere: () => isPrimaryUp(copies),
      log,
    }),
    familiarity: guesses,
    sessions,
    tokens: enrollment,
    lateLoginsFile: parts.lateLoginsFile,
  })
  const onEnded = (browserSessions: readonly string[]): void => void openId.signOut(browserSessions)
  const erasures = createErasures({ db, clock, jobs, changes, audit, nameDigest, onEnded })
  const registrations = createPicturesRegistrations({
    db,
    clock,
    masterKey,
    hashing,
    accounts,
    audit,
    feed,
    guesses,
    erasures,
    ...parts.pictures,
  })
  const personalData = createPersonalDataExport({ db, clock, audit, sources: sourcesAt(members) })
  const factors = createFactors({ db, clock, masterKey, changes, audit })
  const relyingParty = relyingPartyOf(issuer)
  const passkeys = relyingParty && createPasskeys({ db, clock, changes, audit, relyingParty })
  const factorProofs = createFactorProofs({ db, clock, masterKey, passkeys })
  const freshSignIn = createFreshSignIn({ db, clock, hashing, guesses, proofs: factorProofs, audit })
  const secondSteps = createSecondSteps({ db, clock, audit, guesses, sessions, proofs: factorProofs })
  const openSessions = createOpenSessions({ db, clock, changes, audit, onEnded })
  const clients = createClients({ db, clock, audit })
  const limits = createLimits({ database, masterKey, linkRates })
  const passkeySupport = passkeys && {
    passkeys,
    signIn: createPasskeySignIn({ db, audit, passkeys, sessions, limit: limits.passkeys }),
    script: contracts.openIdIssuerOf(issuer) + passkeyScript.path,
  }
  const openId = createOpenId({
    db,
    clock,
    log,
    publicUrl: issuer,
    masterKey,
    keys,
    accounts,
    sessions,
    secondSteps,
    openSessions,
    clients,
    passkeySupport,
    factors,
    personalData,
    exportLimit: limits.exports,
    erasures,
    links,
    linkLimit: limits.links,
    reservedNames: accountsSurface.reservedNames,
    feed,
    audit,
    callPrivateAddresses: parts.callPrivateAddresses,
  })
  const primary = createPrimaryChecks({ database, copies, audit: () => sealer.check() })
  let sweeping: { stop(): void } | undefined
  let following: { stop(): void } | undefined

  async function catchUp(): Promise<void> {
    await jobs.prepare()
    await jobs.resume({ timeoutMs: resumeLimitMs })
    await jobs.start()
    await sealer.start()
    primary.isCaughtUp = true
  }

  const service = await createService({
    contract: contracts.identityContract,
    authentication,
    log,
    routes: [
      ...marketRoutes({ accounts, sessions }),
      ...accountsRoutes({ accounts, sessions, roles, proofs, tokens, clock, settings: accountsSurface }),
      ...enrollmentUserRoutes({ accounts, copies, logins }),
      ...picturesRoutes(registrations),
      ...ownAccountRoutes({ proofs, links, linkLimit: limits.links }),
      ...erasureRoutes({ db, erasures, freshSignIn }),
      ...administrationRoutes({ accounts, factors }),
      ...auditRoutes(db),
      ...apiKeyRoutes({
        apiKeys: createApiKeys({ db, clock, audit, feed, masterKey, scopes: parts.keyScopes }),
        exchange: createKeyExchange({ db, clock, masterKey, tokens }),
        scopes: parts.keyScopes,
      }),
      ...clientRoutes({
        clients,
        issueInitialAccessToken: (lifeSeconds) => openId.issueInitialAccessToken(lifeSeconds),
      }),
      ...ownDataRoutes({ db, clock, personalData, registrations }),
      ...sessionRoutes({ accounts, openSessions, clients }),
      ...ownRoutes({ keys, feed }),
    ],
    mounts: { openId: (request, response) => openId.handle(request, response) },
    // Logins need any copy, and no more (enrollment E-68).
    health: () => {
      const nodes = copies.nodes()
      return { isHealthy: nodes.some(({ state }) => state === 'up'), details: { nodes } }
    },
    isUnavailable: isUnreachable,
    checks: primary.checks,
    async start() {
      if (startsOn === 'primary') await catchUp()
      await logins.restore()
      sweeping = startSweeping({
        db,
        clock,
        log,
        retention: retentionSweeps({ retention: parts.retention, chain, nameDigest }),
      })
      following = keys.follow()
    },
    async stop() {
      sweeping?.stop()
      following?.stop()
      openId.close()
      await jobs.stop({ timeoutMs: stopLimitMs })
      await logins.settle()
      await sealer.stop()
      await hashing.stop()
      await limits.close()
      await sessions.settle()
    },
  })

  return {
    service,
    publicKeys: () => keys.published(),
    watchKeys: keys.watch,
    revocations: feed,
    catchUp,
    hasAdministrator: () => hasAdministrator(db),
    accounts,
  }
}
