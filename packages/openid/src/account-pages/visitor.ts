import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import type { OpenIdSessions } from '../accounts.ts'
import type { Visitor } from './account-page.ts'

/** A visitor together with the name of their browser session. */
export interface BrowserVisitor extends Visitor {
  readonly browserSession: string
}

/** Who is signed in to the provider in the browser that sent a request; nobody when the session behind it has ended. */
export async function visitorOf(
  provider: Provider,
  sessions: OpenIdSessions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<BrowserVisitor | undefined> {
  const { accountId, uid, loginTs, amr } = await provider.Session.get(provider.createContext(request, response))
  if (accountId === undefined) return undefined
  const session = await sessions.find(uid, accountId)
  if (session === undefined) return undefined
  return { accountId, session, browserSession: uid, signedInAt: new Date((loginTs ?? 0) * 1000), amr: amr ?? [] }
}
