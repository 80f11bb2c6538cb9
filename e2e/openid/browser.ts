import { inject } from 'vitest'
import { type Answer, callPath, type Options } from '../support/http.ts'
import type { Player } from '../support/people.ts'

/** Where the provider is, by the name it knows itself by. */
export function issuer(): URL {
  return new URL(`http://localhost:${new URL(inject('sallyportAddresses').public).port}/oidc`)
}

export type Form = Readonly<Record<string, string>>

/** A page, and what is in it. */
export interface Page {
  readonly url: string
  readonly answer: Answer
  readonly title: string
  /** What the fields of its forms hold already, hidden ones included. */
  readonly fields: Form
  /** Where its form is sent to. */
  readonly action: string
}

/** Sends one request to the installation that a browser looks at; the path is that of its URL. */
export type Send = (method: string, url: URL, options: Pick<Options, 'headers' | 'form'>) => Promise<Answer>

/** To the installation that the tests share. */
const sendToShared: Send = (method, url, options) => callPath('public', method, url.pathname + url.search, options)

/** A browser without JavaScript: keeps cookies by their paths, follows redirects, fills in forms. */
export class Browser {
  readonly #cookies = new Map<string, { readonly pair: string; readonly path: string }>()
  readonly headers: Record<string, string>
  readonly #send: Send

  constructor(headers: Record<string, string> = {}, send: Send = sendToShared) {
    this.headers = headers
    this.#send = send
  }

  /** Follows redirects until there is a page, or until it is sent away from the provider: then its `url` is elsewhere. */
  async go(url: string | URL, form?: Form, headers: Record<string, string> = {}): Promise<Page> {
    let [target, sent] = [new URL(url), form]
    const { origin } = target
    for (let hops = 0; hops < 10; hops += 1) {
      const answer = await this.#visit(target, sent, headers)
      const { location } = answer.headers
      if (location === undefined) return toPage(target, answer)
      target = new URL(location, target)
      sent = undefined
      if (target.origin !== origin) return toPage(target, answer)
    }
    throw new Error(`redirected for ever, last to ${target.pathname}`)
  }

  /** Sends the form of a page, with these fields filled in. */
  submit(page: Page, fields: Form, headers: Record<string, string> = {}): Promise<Page> {
    return this.go(new URL(page.action, page.url), { ...page.fields, ...fields }, headers)
  }

  /** Signs in on the page that asks for it. */
  async signIn(url: string | URL, { username, password }: Pick<Player, 'username' | 'password'>): Promise<Page> {
    return this.submit(await this.go(url), { username, password })
  }

  async #visit(url: URL, form: Form | undefined, headers: Record<string, string>): Promise<Answer> {
    const cookie = [...this.#cookies.values()]
      .filter(({ path }) => url.pathname.startsWith(path))
      .map(({ pair }) => pair)
      .join('; ')
    const answer = await this.#send(form ? 'POST' : 'GET', url, {
      headers: { accept: 'text/html', ...(cookie !== '' && { cookie }), ...this.headers, ...headers },
      ...(form && { form }),
    })
    for (const text of answer.headers['set-cookie'] ?? []) {
      const pair = text.split(';', 1)[0] ?? ''
      const path = /;\s*path=([^;]+)/i.exec(text)?.[1] ?? '/'
      const key = `${pair.split('=', 1)[0]} ${path}`
      if (/expires=Thu, 01 Jan 1970/i.test(text)) this.#cookies.delete(key)
      else this.#cookies.set(key, { pair, path })
    }
    return answer
  }
}

function toPage(url: URL, answer: Answer): Page {
  const { text } = answer
  const inputs = [...text.matchAll(/<input[^>]*>/g)].map(([tag]) => {
    const attribute = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
    return [attribute('name'), attribute('value')] as const
  })
  return {
    url: url.href,
    answer,
    title: /<title>([^<]*)/.exec(text)?.[1] ?? '',
    fields: Object.fromEntries(inputs.filter(([name]) => name !== '')),
    action: /<form[^>]*\baction="([^"]*)"/.exec(text)?.[1] ?? '',
  }
}
