import type { Kysely } from 'kysely'
import type { Provider } from 'oidc-provider'
import type { OpenIdDatabase } from './store/openid-database.ts'
import { removeBrowserSession } from './store/record-store.ts'

/** Ends browser sessions, one after the other, and tells the clients of each; what a client answers, the provider hears. */
export async function signOutEach(
  { provider, db }: { readonly provider: Provider; readonly db: Kysely<OpenIdDatabase> },
  browserSessions: readonly string[],
  onUntold: (error: unknown, clientId: string) => void,
): Promise<void> {
  for (const uid of browserSessions) {
    const session = await provider.Session.findByUid(uid)
    // Of two who end it, one tells.
    if (!session || !(await removeBrowserSession(db, uid))) continue
    const { accountId, authorizations = {} } = session
    if (accountId === undefined) continue
    const telling = Object.entries(authorizations).map(async ([clientId, { sid }]) => {
      try {
        if (sid !== undefined) await tell(provider, clientId, accountId, sid)
      } catch (error) {
        onUntold(error, clientId)
      }
    })
    await Promise.all(telling)
  }
}

/** Has a client hear of a sign-out, if it wants to (OpenID Connect Back-Channel Logout 1.0). */
async function tell(provider: Provider, clientId: string, accountId: string, sid: string): Promise<void> {
  const client = await provider.Client.find(clientId)
  if (client?.backchannelLogoutUri === undefined) return
  // Of the library, but not in its types.
  const told: unknown = Reflect.get(client, 'backchannelLogout')
  if (typeof told !== 'function') throw new TypeError('the library tells clients of sign-outs no more')
  await Reflect.apply(told, client, [accountId, sid])
}
