import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AccountChanges } from '../accounts/account-changes.ts'
import { NameUnfit, UnknownAccount } from '../accounts/account.ts'
import { lockAccount } from '../accounts/account-store.ts'
import { canEnroll } from '../accounts/registration-policy.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { revokeSessions } from '../sessions/session-store.ts'
import {
  AlreadyAssigned,
  checkAuthority,
  type DescribedRole,
  InvalidLevel,
  LastSuperadmin,
  NotAssigned,
  UnknownRole,
} from './role.ts'
import { enrollmentRolesOf } from './enrollment-roles.ts'
import * as store from './role-store.ts'

/** Whoever hands out power has some: the level of the one who does. */
export type Authority = Actor & { readonly level: number }

/** Roles, and who has them. */
export interface Roles {
  /** The strongest first. */
  list(): Promise<DescribedRole[]>
  /** @throws {UnknownRole} */
  read(name: string): Promise<DescribedRole>
  /** @throws {UnknownRole} */
  members(name: string): Promise<{ readonly uid: AccountId; readonly username: string }[]>
  /** @throws {RoleTooStrong} @throws {RoleTaken} @throws {InvalidLevel} */
  create(role: DescribedRole, by: Authority): Promise<void>
  /**
   * Gives somebody a role and ends their sessions, whose tokens know nothing of it.
   *
   * @returns the name of the account
   * @throws {UnknownRole} @throws {UnknownAccount} @throws {RoleTooStrong} @throws {AlreadyAssigned} @throws {NameUnfit}
   */
  assign(name: string, uid: AccountId, by: Authority): Promise<string>
  /**
   * Takes a role from somebody and ends their sessions.
   *
   * @returns the name of the account
   * @throws {UnknownRole} @throws {UnknownAccount} @throws {RoleTooStrong} @throws {NotAssigned} @throws {LastSuperadmin}
   */
  withdraw(name: string, uid: AccountId, by: Authority): Promise<string>
}

export function createRoles(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly changes: AccountChanges
  readonly audit: Audit
}): Roles {
  const { db, clock, changes, audit } = parts

  async function read(name: string): Promise<DescribedRole> {
    const role = await store.findRole(db, name)
    if (!role) throw new UnknownRole()
    return role
  }

  async function change(
    name: string,
    uid: AccountId,
    by: Authority,
    kind: 'role.assigned' | 'role.withdrawn',
  ): Promise<string> {
    const role = await read(name)
    const { username, revocations } = await db.transaction().execute(async (tx) => {
      const account = await lockAccount(tx, uid)
      if (!account || account.deletedAt) throw new UnknownAccount()
      checkAuthority(by.level, role)
      if (kind === 'role.assigned') {
        if (enrollmentRolesOf([role]).length > 0 && !canEnroll(account.username)) throw new NameUnfit()
        if (!(await store.insertAssignment(tx, uid, name))) throw new AlreadyAssigned()
      } else {
        const before = name === 'superadmin' ? await store.countSuperadmins(tx) : undefined
        if (!(await store.deleteAssignment(tx, uid, name))) throw new NotAssigned()
        if (before === 1) throw new LastSuperadmin()
      }
      await audit.record(tx, { kind, by, subject: uid, details: { role: name } })
      return { username: account.username, revocations: await revokeSessions(tx, uid, clock.now()) }
    })
    await changes.announce(uid, revocations)
    return username
  }

  return {
    list: () => store.listRoles(db),
    read,
    async members(name) {
      await read(name)
      return store.listMembers(db, name)
    },
    async create(role, by) {
      if (role.level < 0 || role.level > 1000) throw new InvalidLevel()
      checkAuthority(by.level, role)
      await db.transaction().execute(async (tx) => {
        await store.insertRole(tx, role)
        await audit.record(tx, { kind: 'role.created', by, details: { role: role.name, level: role.level } })
      })
    },
    assign: (name, uid, by) => change(name, uid, by, 'role.assigned'),
    withdraw: (name, uid, by) => change(name, uid, by, 'role.withdrawn'),
  }
}
