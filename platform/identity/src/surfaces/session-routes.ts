import { identity, type ReplyOf } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Accounts } from '../accounts/accounts.ts'
import type { Clients } from '../clients/clients.ts'
import type { OpenSessions } from '../sessions/open-sessions.ts'
import { deviceOf } from '../sessions/device.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import { english } from '../words/english.ts'
import { actorOf, authorityOf, sessionOf } from './authority.ts'

/** Sessions, for the people they belong to and for administrators. */
export function sessionRoutes(parts: {
  readonly accounts: Accounts
  readonly openSessions: OpenSessions
  readonly clients: Pick<Clients, 'namesOf'>
}): HandledRoute[] {
  const { accounts, openSessions, clients } = parts
  const noContent = { status: 204, body: null } as const

  async function toAnswer(sessions: readonly Session[], own: SessionId) {
    const names = await clients.namesOf(sessions.flatMap(({ client }) => client ?? []))
    return ok({ sessions: sessions.map((session) => toOwned(session, names, own)) })
  }

  return [
    handle(identity.listOwnSessions, async (request) => {
      const { accountId } = request.caller
      return toAnswer(await openSessions.list(accountId, actorOf(request)), sessionOf(request.caller))
    }),
    handle(identity.endOwnSession, async ({ params, ...request }) => {
      await openSessions.end(request.caller.accountId, params.sid, actorOf(request))
      return noContent
    }),
    handle(identity.endOwnSessions, async ({ query, ...request }) => {
      const except = query.all ? undefined : sessionOf(request.caller)
      return ok({ ended: await openSessions.endAll(request.caller.accountId, actorOf(request), except) })
    }),

    handle(identity.listSessionsOfAccount, async ({ params, ...request }) => {
      const by = await authorityOf(accounts, request)
      return toAnswer(await openSessions.list(params.uid, by), sessionOf(request.caller))
    }),
    handle(identity.endSessionOfAccount, async ({ params, ...request }) => {
      await openSessions.end(params.uid, params.sid, await authorityOf(accounts, request))
      return noContent
    }),
    handle(identity.endSessionsOfAccount, async ({ params, ...request }) =>
      ok({ ended: await openSessions.endAll(params.uid, await authorityOf(accounts, request)) }),
    ),
  ]
}

type Owned = ReplyOf<typeof identity.listOwnSessions>['body']['sessions'][number]

function toOwned(session: Session, names: ReadonlyMap<string, string>, own: SessionId): Owned {
  const { sid, on, client, userAgent, address, openedAt, lastUsedAt, expiresAt } = session
  return {
    sid,
    current: sid === own,
    device: english.account.device(deviceOf(userAgent)) ?? null,
    address: address ?? null,
    surface: on ?? null,
    client: (client !== undefined && names.get(client)) || null,
    opened_at: openedAt.toISOString(),
    last_used_at: lastUsedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  }
}
