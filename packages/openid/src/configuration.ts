import type { Configuration, interactionPolicy as policies, KoaContextWithOIDC } from 'oidc-provider'
import { judgeAcr, wantedAcr } from './acr.ts'
import { callsToClients } from './clients/calls.ts'
import { createClientAdapter } from './clients/client-adapter.ts'
import { existingGrant } from './grants.ts'
import { signingKeys } from './keys/signing-key.ts'
import { errors, interactionPolicy } from './library.ts'
import { pageFeatures, renderError } from './page-features.ts'
import type { OpenIdProviderParts } from './parts.ts'
import { type AdapterParts, createAdapter } from './store/adapter.ts'

/** How long things live, in seconds. */
const life = {
  authorizationCode: 60,
  accessToken: 900,
  idToken: 3600,
  deviceCode: 600,
  question: 900,
  session: 14 * 24 * 3600,
}

/** The provider's configuration: everything that its documentation calls optional or unsafe is decided here. */
export function configurationOf(parts: OpenIdProviderParts, adapterParts: AdapterParts): Configuration {
  const { issuer, keys, clients, claims, cookieSecrets, locales, resources } = parts
  const { pathname, protocol } = new URL(issuer)
  const prefix = protocol === 'https:' ? '__Secure-' : ''
  const algorithm = keys.published.find(({ kid }) => kid === keys.current.kid)?.alg
  if (algorithm !== 'RS256' && algorithm !== 'ES256' && algorithm !== 'EdDSA') {
    throw new TypeError('the provider signs with RS256, ES256 or EdDSA')
  }
  return {
    adapter: (model) =>
      model === 'Client' ? createClientAdapter(clients, algorithm) : createAdapter(model, adapterParts),
    jwks: { keys: signingKeys(keys) },
    clientDefaults: { id_token_signed_response_alg: algorithm },

    // Only the code flow: nothing is handed out at the authorization endpoint but a code.
    responseTypes: ['code'],
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    // Nothing that computes with a client's secret: only a digest of it is kept.
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    clientBasedCORS: () => false,
    fetch: callsToClients(parts),

    cookies: {
      names: {
        session: `${prefix}openid_session`,
        interaction: `${prefix}openid_question`,
        resume: `${prefix}openid_resume`,
      },
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: pathname },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
      keys: [...cookieSecrets],
    },
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? life.accessToken,
      AuthorizationCode: life.authorizationCode,
      ClientCredentials: life.accessToken,
      DeviceCode: life.deviceCode,
      Grant: life.session,
      IdToken: life.idToken,
      Interaction: life.question,
      RefreshToken: life.session,
      Session: life.session,
    },

    // Every token ends with the session that it was issued in, and a refresh token is used once.
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant: (ctx) => existingGrant(ctx, parts),
    interactions: {
      policy: policyOf(parts),
      url: (_ctx, interaction) => `${pathname}/interaction/${interaction.uid}`,
    },

    acrValues: [...parts.assurance.acrs],
    claims: { openid: ['sub', 'acr', 'amr'], ...withoutReadonly(claims) },
    findAccount: async (_ctx, id, token) => {
      const session = token && 'sessionUid' in token ? token.sessionUid : undefined
      if (session !== undefined && !(await parts.sessions.find(session, id))) return undefined
      const account = await parts.accounts.find(id)
      return account && { accountId: account.id, claims: () => ({ sub: account.id, ...account.claims }) }
    },
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind !== 'AccessToken' || token.accountId === undefined) return undefined
      const resource = resources.find(({ audience }) => audience === token.aud)
      if (!resource || token.sessionUid === undefined) return undefined
      const session = await parts.sessions.find(token.sessionUid, token.accountId)
      const extra = session === undefined ? undefined : await resource.claims(token.accountId, session)
      if (!extra) throw new errors.InvalidGrant('the session has ended')
      return { ...extra }
    },

    discovery: { ui_locales_supported: [...locales] },
    renderError: (ctx, out, error) => renderError(ctx, out, error, parts.pages),
    features: {
      ...pageFeatures(parts),
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      introspection: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) =>
          (await isOfOpenSession(parts, token)) &&
          (token.clientId === client.clientId ||
            (client.clientAuthMethod !== 'none' && (await clients.find(client.clientId))?.firstParty === true)),
      },
      pushedAuthorizationRequests: { enabled: true },
      registration: { enabled: true, initialAccessToken: true, issueRegistrationAccessToken: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _client, oneOf) => defaultResource(ctx, parts, oneOf),
        getResourceServerInfo: (ctx, identifier) => {
          const resource = resources.find((known) => known.identifier === identifier)
          // A resource's tokens speak for a person; a client that acts for itself has none.
          if (!resource || ctx.oidc.params?.['grant_type'] === 'client_credentials') throw new errors.InvalidTarget()
          return {
            scope: resource.scopes.join(' '),
            audience: resource.audience,
            accessTokenTTL: resource.tokenLifeSeconds,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: algorithm } },
          }
        },
        useGrantedResource: () => true,
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      userinfo: { enabled: true },
    },
  }
}

/** Whether the session that a token was issued in is open still; a client's own token belongs to none. */
async function isOfOpenSession({ sessions }: OpenIdProviderParts, token: object): Promise<boolean> {
  const sessionUid: unknown = Reflect.get(token, 'sessionUid')
  const accountId: unknown = Reflect.get(token, 'accountId')
  if (typeof sessionUid !== 'string' || typeof accountId !== 'string') return true
  return (await sessions.find(sessionUid, accountId)) !== undefined
}

/** Asking for a scope of a resource is asking for that resource. */
function defaultResource(
  { oidc }: KoaContextWithOIDC,
  { resources }: OpenIdProviderParts,
  oneOf: readonly string[] | undefined,
): string | string[] {
  if (oneOf) return [...oneOf]
  const found = resources.find(({ scopes }) => scopes.some((scope) => oidc.requestParamScopes.has(scope)))
  return found && oidc.params?.['grant_type'] !== 'client_credentials' ? found.identifier : []
}

/**
 * Whoever's session has ended signs in again, whatever the browser's cookie says; and so does whoever has proven less than
 * the client wants.
 */
function policyOf({ sessions, assurance }: OpenIdProviderParts): policies.DefaultPolicy {
  const { base, Check, Prompt } = interactionPolicy
  const policy = base()
  // Somebody else can be chosen by signing in.
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)
  const checks = policy.get('login')?.checks
  // The library's own know of no order, and ask for ever for what cannot be proven.
  for (const reason of ['essential_acr', 'essential_acrs']) checks?.remove(reason)
  checks?.add(
    new Check('acr', 'the sign-in was not good enough', 'login_required', async ({ oidc }) => {
      const { session, params, result } = oidc
      if (session?.accountId === undefined) return Check.NO_NEED_TO_PROMPT
      const proven = { accountId: session.accountId, proven: session.acr, justSignedIn: result?.login !== undefined }
      const judgement = await judgeAcr(assurance, wantedAcr({ ...params }), proven)
      // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
      if (judgement === 'refuse') {
        const description = 'what the client insists on could not be proven'
        throw new errors.CustomOIDCProviderError('unmet_authentication_requirements', description)
      }
      return judgement === 'sign-in' ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
    }),
  )
  checks?.add(
    new Check('session_ended', 'the session has ended', 'login_required', async ({ oidc }) => {
      const { session, account } = oidc
      if (session?.accountId === undefined) return Check.NO_NEED_TO_PROMPT
      const open = account && (await sessions.find(session.uid, session.accountId)) !== undefined
      return open ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT
    }),
  )
  return policy
}

function withoutReadonly(claims: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(claims).map(([scope, names]) => [scope, [...names]]))
}
