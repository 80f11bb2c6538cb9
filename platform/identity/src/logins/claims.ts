import { type AccountId, toUnixSeconds } from '@sallyport/kernel'
import { type EnrollmentRoleName, enrollmentRolesOf } from '../roles/enrollment-roles.ts'
import type { Role } from '../roles/role.ts'
import type { SessionId } from '../sessions/session.ts'

/** What is in every token of the enrollment system, whoever it is for. */
export interface EnrollmentTokenSettings {
  readonly issuer: string
  readonly audience: string
  readonly lifeSeconds: number
}

/** What a token says that the gateway signs (enrollment E-24, E-25). Times are UNIX seconds. */
interface CommonClaims {
  readonly aud: string
  readonly iss: string
  readonly sub: AccountId
  readonly username: string
  readonly jti: string
  readonly sid: SessionId
  readonly iat: number
  readonly exp: number
}

/** The claims of a login, which are nothing before somebody has signed them. */
export interface UnsignedTokens {
  readonly access_token: CommonClaims & { readonly roles: EnrollmentRoleName[] }
  readonly refresh_token: CommonClaims
  readonly exp: number
}

/** The claims of a login that was decided at a moment. Nobody is known to the enrollment system by capital letters. */
export function unsignedTokens(
  account: { readonly uid: AccountId; readonly username: string; readonly roles: readonly Pick<Role, 'name'>[] },
  { sid, now, newTokenId }: { readonly sid: SessionId; readonly now: Date; readonly newTokenId: () => string },
  { issuer, audience, lifeSeconds }: EnrollmentTokenSettings,
): UnsignedTokens {
  const iat = toUnixSeconds(now)
  const exp = iat + lifeSeconds
  const common = {
    aud: audience,
    iss: issuer,
    sub: account.uid,
    username: account.username.toLowerCase(),
    sid,
    iat,
    exp,
  }
  return {
    access_token: { ...common, jti: newTokenId(), roles: enrollmentRolesOf(account.roles) },
    // Without roles it opens nothing.
    refresh_token: { ...common, jti: newTokenId() },
    exp,
  }
}
