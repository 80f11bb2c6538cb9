import { Rejection } from '@sallyport/kernel'

/** A role; smaller levels mean more power. */
export interface Role {
  readonly name: string
  readonly level: number
}

export interface DescribedRole extends Role {
  readonly description: string
}

/** Up to this level a role administers. */
export const administratorLevel = 5

/** The level of somebody without any role: passes no gate (accounts A-18). */
export const noLevel = Number.POSITIVE_INFINITY

/** The smallest level among the roles (accounts A-8). */
export function levelOf(roles: readonly Role[]): number {
  return Math.min(noLevel, ...roles.map(({ level }) => level))
}

/**
 * Whether somebody may make, give or take a role: never one that is stronger than their own (design §4, accounts A-F7).
 *
 * @throws {RoleTooStrong}
 */
export function checkAuthority(level: number, role: Pick<Role, 'level'>): void {
  if (role.level < level) throw new RoleTooStrong()
}

export class RoleTooStrong extends Rejection {
  override name = 'RoleTooStrong'
  readonly code = 'role-too-strong'
  readonly reason = 'forbidden'
  constructor() {
    super('nobody may hand out a role that is stronger than their own')
  }
}

export class UnknownRole extends Rejection {
  override name = 'UnknownRole'
  readonly code = 'unknown-role'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such role')
  }
}

/** The name or the level belongs to another role. */
export class RoleTaken extends Rejection {
  override name = 'RoleTaken'
  readonly code = 'role-taken'
  readonly reason = 'conflict'
  constructor() {
    super('there is a role with this name or level')
  }
}

/** Levels run from 0 to 1000. */
export class InvalidLevel extends Rejection {
  override name = 'InvalidLevel'
  readonly code = 'invalid-level'
  readonly reason = 'invalid'
  constructor() {
    super('a level is a number from 0 to 1000')
  }
}

export class AlreadyAssigned extends Rejection {
  override name = 'AlreadyAssigned'
  readonly code = 'already-assigned'
  readonly reason = 'conflict'
  constructor() {
    super('the account has the role already')
  }
}

export class NotAssigned extends Rejection {
  override name = 'NotAssigned'
  readonly code = 'not-assigned'
  readonly reason = 'not-found'
  constructor() {
    super('the account does not have the role')
  }
}

/** Somebody must be left who may do everything. */
export class LastSuperadmin extends Rejection {
  override name = 'LastSuperadmin'
  readonly code = 'last-superadmin'
  readonly reason = 'conflict'
  constructor() {
    super('the last superadmin has to stay one')
  }
}
