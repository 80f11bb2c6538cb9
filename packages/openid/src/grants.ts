import { randomUUID } from 'node:crypto'
import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { OpenIdProviderParts } from './parts.ts'

/**
 * What a client was granted by the person who is signed in. A first-party client is granted what it asks for.
 *
 * This is also the first that is heard of a sign-in after the browser session is known, so the two are bound here.
 */
export async function existingGrant(
  ctx: KoaContextWithOIDC,
  { clients, sessions }: Pick<OpenIdProviderParts, 'clients' | 'sessions'>,
): Promise<Grant | undefined> {
  const { client, session, result, provider } = ctx.oidc
  if (!client || session?.accountId === undefined) return undefined
  const opened = result?.['session']
  if (typeof opened === 'string') {
    // The cookie outlives the session behind it. Under the old name, tokens of a session that was ended would count again.
    if ((await sessions.find(session.uid, session.accountId)) === undefined) session.uid = randomUUID()
    await sessions.bind(session.uid, opened)
  }

  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const usable = existing?.accountId === session.accountId ? existing : undefined
  if ((await clients.find(client.clientId))?.firstParty !== true) return usable

  const grant = usable ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  const before = JSON.stringify([grant.openid, grant.resources])
  const scopes = [...ctx.oidc.requestParamOIDCScopes]
  if (scopes.length > 0) grant.addOIDCScope(scopes)
  const claims = [...ctx.oidc.requestParamClaims]
  if (claims.length > 0) grant.addOIDCClaims(claims)
  for (const [resource, { scopes: known }] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const wanted = [...ctx.oidc.requestParamScopes].filter((scope) => known.has(scope))
    if (wanted.length > 0) grant.addResourceScope(resource, wanted)
  }
  if (!usable || JSON.stringify([grant.openid, grant.resources]) !== before) await grant.save()
  return grant
}
