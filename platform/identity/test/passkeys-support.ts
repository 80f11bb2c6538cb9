import { type Clock, newId } from '@sallyport/kernel'
import { expect } from 'vitest'
import type { Account } from '../src/accounts/account.ts'
import { createAudit } from '../src/audit/index.ts'
import type { OwnChange } from '../src/factors/factor.ts'
import type { PasskeyFault } from '../src/passkeys/passkey.ts'
import { createPasskeys } from '../src/passkeys/passkeys.ts'
import { relyingPartyOf } from '../src/passkeys/relying-party.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { startIdentity } from './support.ts'

export const origin = 'https://sallyport.test'

/** What refuses a passkey, as a test expects it. */
export const fault = (fault: PasskeyFault) => expect.objectContaining({ name: 'PasskeyRefused', fault })

interface Person {
  readonly account: Account
  readonly owner: OwnChange
}

/** Passkeys, and people who have some, on a clock that the test moves. */
export async function startPasskeys() {
  let now = new Date('2026-05-05T12:00:00Z')
  const clock: Clock = { now: () => now }
  const one = await startIdentity(undefined, { clock })
  await one.service.start()
  const relyingParty = relyingPartyOf(origin)
  if (!relyingParty) throw new TypeError('no passkeys here')
  const revoked: string[] = []
  const passkeys = createPasskeys({
    db: one.testDatabase.database.db,
    clock,
    changes: { announce: async (_uid, revocations = []) => void revoked.push(...revocations.map(({ id }) => id)) },
    audit: createAudit(clock),
    relyingParty,
  })
  let count = 0

  async function newPerson(): Promise<Person> {
    count += 1
    const names = { username: `tove${count}`, email: `tove${count}@example.org`, password: 'Korrekt!Pferd1Batterie' }
    const account = await one.identity.accounts.register(names, 'market', { kind: 'anonymous', address: '' })
    const { uid } = account
    return { account, owner: { uid, session: newId<SessionId>(), by: { kind: 'account', uid, address: '' } } }
  }

  async function add({ account, owner }: Person, options: { readonly synced?: boolean } = {}): Promise<Authenticator> {
    const authenticator = createAuthenticator({ origin, ...options })
    const answer = authenticator.create(await passkeys.offerRegistration(account, owner.session))
    await passkeys.register(answer, 'key', owner)
    return authenticator
  }

  return {
    one,
    clock,
    passkeys,
    /** The sessions that were ended. */
    revoked,
    newPerson,
    add,
    /** Somebody with a passkey. */
    async withPasskey(options: { readonly synced?: boolean } = {}) {
      const person = await newPerson()
      return { ...person, authenticator: await add(person, options) }
    },
    later: (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000)),
    async stop() {
      await one.stop()
      await one.testDatabase.drop()
    },
  }
}
