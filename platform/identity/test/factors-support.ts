import { createJobs } from '@sallyport/jobs'
import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import { openDatabase } from '@sallyport/database'
import { emptyMetrics } from '@sallyport/service'
import { generateSync } from 'otplib'
import { pino } from 'pino'
import { createAccountChanges } from '../src/accounts/account-changes.ts'
import { createAudit } from '../src/audit/audit.ts'
import { createFactorProofs } from '../src/factors/factor-proofs.ts'
import { createFactors } from '../src/factors/factors.ts'
import { createSecondSteps } from '../src/factors/second-steps.ts'
import { createGuesses } from '../src/guessing/guesses.ts'
import type { IdentityDatabase } from '../src/index.ts'
import { createMembershipSaga } from '../src/memberships/membership-saga.ts'
import { membershipTask } from '../src/memberships/membership-steps.ts'
import { createPasswordHashing } from '../src/passwords/password-hashing.ts'
import { createPasskeys } from '../src/passkeys/passkeys.ts'
import { relyingPartyOf } from '../src/passkeys/relying-party.ts'
import { createRevocationFeed } from '../src/sessions/revocation-feed.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { createSessions } from '../src/sessions/sessions.ts'
import { createTokenIssuer } from '../src/tokens/token-issuer.ts'
import { loadSigningKeys } from '../src/tokens/signing-keys.ts'
import { createKeyRotation } from '../src/tokens/key-rotation.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { startIdentity } from './support.ts'

const origin = 'https://sallyport.test'
export const password = 'Correct-Horse7!'

/** Identity, and what it makes of sign-ins in steps, on a clock that the test moves. */
export async function startFactors() {
  let now = new Date('2026-01-01T12:00:00Z')
  const clock: Clock = { now: () => now }
  const one = await startIdentity(undefined, { clock })
  await one.service.start()
  const database = openDatabase<IdentityDatabase>({ connection: one.testDatabase.connection, service: 'identity' })
  const { db } = database
  const log = pino({ level: 'silent' })
  const { masterKey } = one
  const audit = createAudit(clock)
  const feed = createRevocationFeed(db, log)
  const changes = createAccountChanges({ feed, copies: { committed: async () => undefined } })
  const guesses = createGuesses({ db, clock })
  const hashing = createPasswordHashing({
    newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 1000 },
    log,
    metrics: emptyMetrics(),
  })
  const keyParts = { db, masterKey, clock, algorithm: 'RS256' } as const
  const rotation = createKeyRotation({ ...keyParts, audit })
  const keys = await loadSigningKeys({ ...keyParts, log, rotation, rotationDays: 0 })
  const tasks = { 'take-membership-step': membershipTask([], log) }
  const jobs = createJobs({ database, service: 'identity', tasks, log, instance: 'test' })
  const saga = createMembershipSaga({ memberships: [], jobs, log })
  const tokens = createTokenIssuer(origin, keys)
  const sessions = createSessions({ db, clock, log, hashing, tokens, feed, saga, audit, guesses })
  const relyingParty = relyingPartyOf(origin)
  if (!relyingParty) throw new TypeError('there are no passkeys for this address')
  const passkeys = createPasskeys({ db, clock, changes, audit, relyingParty })
  const proofs = createFactorProofs({ db, clock, masterKey, passkeys })
  const factors = createFactors({ db, clock, masterKey, changes, audit })
  let count = 0

  async function account(): Promise<{ uid: AccountId; username: string; email: string }> {
    count += 1
    const username = `somebody_${count}`
    const person = { username, email: `${username}@example.org`, password }
    const { uid } = await one.identity.accounts.register(person, 'market', { kind: 'anonymous', address: '' })
    return { uid, username, email: person.email }
  }

  /** Of somebody's own doing, in a session that is none: all that there are end. */
  function own(uid: AccountId, session = newId<SessionId>()) {
    return { uid, session, by: { kind: 'account', uid, address: '192.0.2.1' } } as const
  }

  function codeOf(secret: string, steps = 0): string {
    return generateSync({ secret, epoch: Math.floor(now.getTime() / 1000) + steps * 30 })
  }

  /** Gives an account an authenticator app; a step passes, so that the next code is another one. */
  async function addTotp(uid: AccountId): Promise<{ secret: string; recoveryCodes: readonly string[] }> {
    await factors.beginTotp(uid)
    const secret = (await factors.pendingTotp(uid)) ?? ''
    const recoveryCodes = await factors.confirmTotp(own(uid), codeOf(secret))
    now = new Date(now.getTime() + 30_000)
    return { secret, recoveryCodes }
  }

  /** Gives an account a passkey. */
  async function addPasskey(uid: AccountId): Promise<Authenticator> {
    const [authenticator, change] = [createAuthenticator({ origin }), own(uid)]
    const options = await passkeys.offerRegistration(await one.identity.accounts.read(uid), change.session)
    await passkeys.register(authenticator.create(options), 'key', change)
    return authenticator
  }

  return {
    one,
    db,
    clock,
    sessions,
    guesses,
    proofs,
    factors,
    secondSteps: createSecondSteps({ db, clock, audit, guesses, sessions, proofs }),
    account,
    own,
    codeOf,
    addTotp,
    addPasskey,
    passkeys,
    audit,
    later: (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000)),
    /** Signs in where only a password is asked for: the status. */
    async signIn(username: string, secret = password): Promise<number> {
      const body = new URLSearchParams({ username, password: secret }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return (await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body })).status
    },
    async eventsAbout(uid: AccountId): Promise<{ kind: string; details: object }[]> {
      return db.selectFrom('audit_event').select(['kind', 'details']).where('subject', '=', uid).orderBy('id').execute()
    },
    async stop() {
      await sessions.settle()
      await hashing.stop()
      await database.close()
      await one.stop()
      await one.testDatabase.drop()
    },
  }
}
