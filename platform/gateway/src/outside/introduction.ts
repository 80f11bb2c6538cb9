import type { IncomingMessage } from 'node:http'
import type { OutsideIdentity } from '@sallyport/contracts'
import type { AccountCaller } from '@sallyport/service'
import { say } from '../policy/say.ts'
import type { OutsideCaller } from './callers.ts'
import type { TokenMaker } from '../signing/token-maker.ts'

/** Tells a service who is calling, in the words that were agreed with it. */
export function introduce(
  request: IncomingMessage,
  { caller, claims }: OutsideCaller,
  { identity, tokens }: { readonly identity: OutsideIdentity; readonly tokens: TokenMaker },
): void {
  if (identity.as === 'token') {
    say(request, 'authorization', `Bearer ${tokens.tokenFor(caller, identity.audience)}`)
  } else if (identity.as === 'headers') {
    for (const [name, claim] of Object.entries(identity.claims)) {
      const value = headerValueOf(claimOf(caller, claim) ?? claims?.[claim])
      if (value !== undefined) say(request, name.toLowerCase(), value)
    }
  }
}

function claimOf(caller: AccountCaller, claim: string): unknown {
  const { accountId: sub, sessionId: sid, username, role, roles, scopes } = caller
  return new Map<string, unknown>(Object.entries({ sub, sid, username, role, roles, scope: scopes.join(' ') })).get(
    claim,
  )
}

/**
 * A claim as the value of a header: lists with commas between their items, and percent-encoded, as `decodeURIComponent`
 * takes back, whatever is not printable ASCII or could be taken for a separator. What is no text, number, truth value or
 * list of these is not told.
 */
export function headerValueOf(claim: unknown): string | undefined {
  if (Array.isArray(claim)) {
    const items = claim.map((item: unknown) => headerValueOf(item)?.replaceAll(',', '%2C'))
    return items.every((item) => item !== undefined) ? items.join(',') : undefined
  }
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim)
  if (typeof claim !== 'string') return undefined
  return claim.toWellFormed().replaceAll(/[^!-$&-~]+/g, encodeURIComponent)
}
