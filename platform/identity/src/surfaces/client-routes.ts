import { identity } from '@sallyport/contracts'
import { created, handle, type HandledRoute, ok } from '@sallyport/service'
import type { Clients, WithSecret } from '../clients/clients.ts'
import { actorOf } from './authority.ts'

/** How long a token for registration counts, in seconds. */
const registrationLifeSeconds = 3600

/** Clients, for administrators. */
export function clientRoutes(parts: {
  readonly clients: Clients
  readonly issueInitialAccessToken: (lifeSeconds: number) => Promise<string>
}): HandledRoute[] {
  const { clients, issueInitialAccessToken } = parts
  return [
    handle(identity.addClient, async ({ body, ...request }) => {
      const client = {
        name: body.name,
        firstParty: body.first_party ?? false,
        confidential: body.confidential ?? true,
        redirectUris: body.redirect_uris ?? [],
        postLogoutRedirectUris: body.post_logout_redirect_uris ?? [],
        backchannelLogoutUri: body.backchannel_logout_uri,
      }
      return created(toAnswer(await clients.add(client, actorOf(request))))
    }),

    handle(identity.listClients, async () => {
      const all = await clients.list()
      return ok({
        clients: all.map(({ id, name, firstParty, metadata, createdAt, secrets }) => ({
          client_id: id,
          name,
          first_party: firstParty,
          redirect_uris: [...(metadata.redirect_uris ?? [])],
          created_at: createdAt.toISOString(),
          secrets,
        })),
      })
    }),

    handle(identity.rotateClientSecret, async ({ params, ...request }) =>
      created(toAnswer(await clients.rotateSecret(params.clientId, actorOf(request)))),
    ),

    handle(identity.removeClient, async ({ params, ...request }) => {
      await clients.remove(params.clientId, actorOf(request))
      return { status: 204, body: null } as const
    }),

    handle(identity.allowRegistration, async () => {
      const token = await issueInitialAccessToken(registrationLifeSeconds)
      return created({ initial_access_token: token, expires_in: registrationLifeSeconds })
    }),
  ]
}

function toAnswer({ id, secret }: WithSecret) {
  return { client_id: id, ...(secret !== undefined && { client_secret: secret }) }
}
