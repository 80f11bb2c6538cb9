import type { GuestScope } from './pictures/demo-key.ts'

/**
 * Anybody may call. A credential that comes along is looked at only where a service outside the platform is told of its
 * callers: one that is not good is refused there.
 */
export interface Anyone {
  readonly who: 'anyone'
}

/** Anybody may call; whoever comes with a token that counts, and is good for everything its owner may do, is known by it. */
export interface Visitor {
  readonly who: 'visitor'
}

/** Only another service of the platform, by a 60-second token it signed with its own key. */
export interface OtherService {
  readonly who: 'service'
  /** The names of the services that may call. */
  readonly from: readonly string[]
}

/** A person who signed in, by a bearer token. */
export interface SignedIn {
  readonly who: 'account'
  /** The caller's role must be this one. */
  readonly role?: 'user' | 'admin'
  /** One of these roles is enough (enrollment E-38); they are compared to the letter. */
  readonly roles?: readonly string[]
  /** Where the request names the account that the caller must be. */
  readonly self?: { readonly in: 'params' | 'body'; readonly field: string }
  /** An administrator passes where `self` would refuse. */
  readonly orAdmin?: boolean
  /**
   * The weakest level that passes: 10 for oneself, 5 for administration (accounts ). Levels of roles are known to
   * identity alone, which looks them up; nobody else judges by this.
   */
  readonly gate?: number
  /**
   * The scope that is enough for this: API keys have such scopes. Without, only a token for everything its owner may do
   * passes.
   */
  readonly scope?: string
  /** A key that is everybody's: whoever comes with it passes as a guest, who has no account and this scope alone. */
  readonly guestKey?: { readonly text: string; readonly scope: GuestScope }
}

/**
 * Whose tokens say who is calling: those of `identity`, or the claims of a service that the `gateway` signed (enrollment
 * E-23).
 */
export type IssuerName = 'identity' | 'gateway'
export const identityAlone: readonly IssuerName[] = ['identity']

export type Access = Anyone | Visitor | OtherService | SignedIn

export const anyone: Anyone = { who: 'anyone' }
export const visitor: Visitor = { who: 'visitor' }
export const signedIn: SignedIn = { who: 'account' }
export const administrator: SignedIn = { who: 'account', role: 'admin' }

interface Rights {
  readonly role: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** Whether scope and role of a signed-in caller are enough for a route, and if not, which is not. */
export function judgeRights(access: SignedIn, caller: Rights): 'allowed' | 'wrong-scope' | 'wrong-role' {
  if (!isInScope(access, caller.scopes)) return 'wrong-scope'
  if (access.role !== undefined && caller.role !== access.role) return 'wrong-role'
  if (access.roles && !access.roles.some((role) => caller.roles.includes(role))) return 'wrong-role'
  return 'allowed'
}

/** Whether what a route is about is the caller's own, where it has to be. */
export function judgeOwner(
  access: SignedIn,
  caller: Rights & { readonly accountId: string },
  input: { readonly params: unknown; readonly body: unknown },
): 'allowed' | 'not-self' {
  if (access.self === undefined || (access.orAdmin === true && caller.role === 'admin')) return 'allowed'
  return fieldOf(input[access.self.in], access.self.field) === caller.accountId ? 'allowed' : 'not-self'
}

/** The scope of a token that is good for everything its owner may do. */
export const wholeScope = 'impersonate'

function isInScope({ scope }: SignedIn, scopes: readonly string[]): boolean {
  return scopes.includes(wholeScope) || (scope !== undefined && scopes.includes(scope))
}

function fieldOf(part: unknown, field: string): unknown {
  return typeof part === 'object' && part !== null ? Reflect.get(part, field) : undefined
}
