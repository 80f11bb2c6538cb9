import { identity } from '@sallyport/contracts'
import { parseId } from '@sallyport/kernel'
import { type AccountCaller, created, handle, type HandledRoute, ok } from '@sallyport/service'
import { type ApiKey, UnknownApiKey } from '../api-keys/api-key.ts'
import type { ApiKeys, Owner, WithText } from '../api-keys/api-keys.ts'
import type { KeyExchange } from '../api-keys/key-exchange.ts'
import type { SessionId } from '../sessions/session.ts'

const usualLifeDays = 90
const usualOverlapSeconds = 86_400

/** API keys, for their owners and for the doors. */
export function apiKeyRoutes(parts: {
  readonly apiKeys: ApiKeys
  readonly exchange: KeyExchange
  readonly scopes: ReadonlySet<string>
}): HandledRoute[] {
  const { apiKeys, exchange, scopes } = parts
  const noContent = { status: 204, body: null } as const
  return [
    handle(identity.createApiKey, async ({ body, ...request }) => {
      const { name, scopes: wanted, allowed_addresses: networks = [], days: lifeDays = usualLifeDays } = body
      return created(withText(await apiKeys.create(ownerOf(request), { name, scopes: wanted, networks, lifeDays })))
    }),

    handle(identity.listApiKeys, async ({ caller }) => {
      const keys = await apiKeys.list(caller.accountId)
      return ok({ keys: keys.map(toAnswer), scopes: [...scopes].toSorted() })
    }),

    handle(identity.rotateApiKey, async ({ params, body, ...request }) =>
      created(withText(await apiKeys.rotate(ownerOf(request), params.id, body.overlap_seconds ?? usualOverlapSeconds))),
    ),

    handle(identity.removeApiKey, async ({ params, ...request }) => {
      await apiKeys.remove(ownerOf(request), params.id)
      return noContent
    }),

    handle(identity.exchangeApiKey, async ({ body }) => {
      const key = await exchange.exchange(Buffer.from(body.digest, 'base64url'))
      if (!key) throw new UnknownApiKey()
      if (typeof key === 'string') return ok({ refused: key })
      const { id, token, expiresAt, networks } = key
      return ok({ id, token, expires_at: Math.floor(expiresAt.getTime() / 1000), networks: [...networks] })
    }),

    handle(identity.admitGuest, async ({ body }) => {
      const { token, expiresAt } = await exchange.admitGuest(body.scope)
      return ok({ token, expires_at: Math.floor(expiresAt.getTime() / 1000) })
    }),

    handle(identity.recordApiKeyUses, async ({ body }) => {
      const uses = body.uses.map(({ id, uses, last_used_at: at }) => ({ id, uses, lastUsedAt: new Date(at * 1000) }))
      await exchange.recordUses(uses)
      return noContent
    }),
  ]
}

function ownerOf({ caller, clientAddress }: { readonly caller: AccountCaller; readonly clientAddress: string }): Owner {
  const { accountId: uid } = caller
  const session = parseId<SessionId>(caller.sessionId)
  if (!session) throw new TypeError('a token names a session that is no UUID')
  return { uid, by: { kind: 'account', uid, address: clientAddress }, session }
}

function withText({ key, text }: WithText) {
  return { ...toAnswer(key), key: text }
}

function toAnswer({ id, name, scopes, networks, prefixes, createdAt, expiresAt, lastUsedAt, uses }: ApiKey) {
  return {
    id,
    name,
    scopes: [...scopes],
    allowed_addresses: [...networks],
    prefixes: [...prefixes],
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
    uses,
  }
}
