import { type Door, textOf } from './door.ts'
import { signingIn } from './players.ts'

/** A program that signs people in, as every provider of the benchmark knows it. */
export interface Client {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

/** A provider's endpoints: where browsers go, and where the client asks. */
export interface Provider {
  readonly issuer: string
  readonly door: Door
  readonly tokenPath: string
}

/** Asks at the token endpoint with the secret in the form, and insists on an answer. */
export function grant({ door, tokenPath }: Provider, client: Client, form: Record<string, string>) {
  const credentials = { client_id: client.id, client_secret: client.secret }
  return door.insist(200, { method: 'POST', path: tokenPath, form: { ...form, ...credentials } })
}

/** Signs somebody in with a browser that has no script; where nobody is asked for a name and a password, without them. */
export async function obtainRefreshToken(provider: Provider, client: Client, username: string): Promise<string> {
  const request = new URLSearchParams({
    client_id: client.id,
    redirect_uri: client.redirectUri,
    response_type: 'code',
    scope: 'openid profile email',
  })
  const back = await signInAt(`${provider.issuer}/auth?${request.toString()}`, client, username)
  const code = back.searchParams.get('code')
  if (code === null) throw new Error(`nobody was signed in: ${back.href}`)
  const form = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri }
  return textOf(await grant(provider, client, form), 'refresh_token')
}

async function signInAt(address: string, { redirectUri }: Client, username: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let [url, form] = [new URL(address), undefined as URLSearchParams | undefined]
  for (let hops = 0; hops < 10 && !url.href.startsWith(redirectUri); hops += 1) {
    const reply = await fetch(url, {
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      redirect: 'manual',
      ...(form && { method: 'POST', body: form }),
    })
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const page = await reply.text()
    const location = reply.headers.get('location')
    form = location === null ? new URLSearchParams({ ...hiddenIn(page), ...signingIn(username).form }) : undefined
    url = new URL(location ?? /<form[^>]*\baction="([^"]*)"/.exec(page)?.[1] ?? '', url)
  }
  return url
}

function hiddenIn(page: string): Record<string, string> {
  return Object.fromEntries(
    [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
      /\bname="([^"]*)"/.exec(tag)?.[1] ?? '',
      /\bvalue="([^"]*)"/.exec(tag)?.[1] ?? '',
    ]),
  )
}
