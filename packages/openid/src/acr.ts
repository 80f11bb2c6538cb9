import type { KoaContextWithOIDC } from 'oidc-provider'

/** How well the service can know that somebody is who they say, in the values of `acr`. */
export interface Assurance {
  /** The weakest first: a stronger one satisfies whoever asks for a weaker one. */
  readonly acrs: readonly string[]
  /** The strongest that an account can prove with what it has; undefined for an account that is not there. */
  strongestOf(accountId: string): Promise<string | undefined>
}

/** What a client asks for, in the order of its preference. */
export interface WantedAcr {
  readonly values: readonly string[]
  /** Nothing else will do. */
  readonly essential: boolean
}

/** What the parameters of a request ask for: the claim of the ID token, or `acr_values` (OpenID Connect Core §5.5.1.1). */
export function wantedAcr(params: Readonly<Record<string, unknown>>): WantedAcr {
  const { claims, acr_values: listed } = params
  const parsed: unknown = typeof claims === 'string' ? JSON.parse(claims) : undefined
  const claim: unknown = Reflect.get(Object(Reflect.get(Object(parsed), 'id_token')), 'acr')
  const { essential, value, values }: { essential?: unknown; value?: unknown; values?: unknown } = Object(claim)
  const asked = [value, ...(Array.isArray(values) ? values : [])].filter((name) => typeof name === 'string')
  if (asked.length > 0 && (essential === true || listed === undefined)) {
    return { values: asked, essential: essential === true }
  }
  return { values: typeof listed === 'string' ? listed.split(' ').filter((name) => name !== '') : [], essential: false }
}

/** Whether what was proven is as good as what is wanted, or better. */
export function satisfies(acrs: readonly string[], proven: string | undefined, wanted: string): boolean {
  const needed = acrs.indexOf(wanted)
  return needed >= 0 && proven !== undefined && acrs.indexOf(proven) >= needed
}

/** What an ID token says: of what the client asked for the first that was proven, otherwise what was proven. */
export function statedAcr(acrs: readonly string[], proven: string | undefined, { values }: WantedAcr) {
  if (proven !== undefined && values.includes(proven)) return proven
  return values.find((wanted) => satisfies(acrs, proven, wanted)) ?? proven
}

/** What is to be done about a session that is good for `proven`. */
export async function judgeAcr(
  assurance: Assurance,
  wanted: WantedAcr,
  session: { readonly accountId: string; readonly proven: string | undefined; readonly justSignedIn: boolean },
): Promise<'go-on' | 'sign-in' | 'refuse'> {
  const { acrs } = assurance
  const { values, essential } = wanted
  if (values.length === 0 || values.some((value) => satisfies(acrs, session.proven, value))) return 'go-on'
  if (essential) return session.justSignedIn || !values.some((value) => acrs.includes(value)) ? 'refuse' : 'sign-in'
  if (session.justSignedIn) return 'go-on'
  // Nobody is asked in vain for what they do not have.
  const strongest = await assurance.strongestOf(session.accountId)
  return values.some((value) => satisfies(acrs, strongest, value)) ? 'sign-in' : 'go-on'
}

/** Has the answer to a request state the `acr` that its client asked for. */
export function stateAcr({ oidc }: KoaContextWithOIDC, { acrs }: Assurance): void {
  const stated = statedAcr(acrs, oidc.session?.acr, wantedAcr({ ...oidc.params }))
  Object.defineProperty(oidc, 'acr', { value: stated })
}
