import { type Answer, type Asked, issuer } from './support.ts'

export const callback = 'https://app.test/callback'

export type Browser = ReturnType<typeof browserOf>

/** A browser's cookies, by their paths. */
export function browserOf(send: (request: Asked) => Promise<Answer>) {
  const jar = new Map<string, { value: string; path: string }>()
  const keep = ({ headers }: Answer): void => {
    for (const cookie of [headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      const path = /path=([^;]+)/i.exec(cookie)?.[1] ?? '/'
      if (/expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(`${name} ${path}`)
      else jar.set(`${name} ${path}`, { value, path })
    }
  }
  return {
    async go(target: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
      const cookie = [...jar]
        .filter(([, { path }]) => target.startsWith(path))
        .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
        .join('; ')
      const answer = await send({ target, headers: { cookie, ...headers }, ...(form && { form }) })
      keep(answer)
      return answer
    },
  }
}

export const targetOf = ({ headers }: Answer): string => {
  const { pathname, search } = new URL(String(headers['location']), issuer)
  return pathname + search
}

export function authorization(params: Record<string, string> = {}): string {
  const all = { client_id: 'app', redirect_uri: callback, response_type: 'code', scope: 'openid email', ...params }
  return `/oidc/auth?${new URLSearchParams(all).toString()}`
}

/** Answers the question that a browser was sent to; where it is sent then. */
export async function answer(
  agent: Browser,
  question: Answer,
  form: Record<string, string> = { who: 'ada' },
): Promise<Answer> {
  const asked = await agent.go(targetOf(question))
  const csrf = /value="([^"]+)"/.exec(asked.text)?.[1] ?? ''
  const answered = await agent.go(targetOf(question), { csrf, ...form })
  return agent.go(targetOf(answered))
}

export function claimsOf(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString())
}
