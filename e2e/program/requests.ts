/** An answer that is a refusal or a failure where there must not be one. */
export class UnexpectedAnswer extends Error {
  override name = 'UnexpectedAnswer'
}

export const password = 'Correct-Horse7!'

export async function signIn(door: string, username: string, secret = password): Promise<string> {
  const body = new URLSearchParams({ username, password: secret })
  return text(await okJson(await fetch(`${door}/api/auth/token`, { method: 'POST', body })), 'access_token')
}

export async function post(url: string, body: unknown, token?: string): Promise<unknown> {
  return send('POST', url, body, token)
}

export async function send(method: string, url: string, body: unknown, token?: string): Promise<unknown> {
  return okJson(await ask(method, url, body, token))
}

/** The same where a refusal is part of the game: undefined then. */
export async function tryPost(url: string, body: unknown, token: string): Promise<unknown> {
  const reply = await ask('POST', url, body, token)
  if (reply.status < 500 && !reply.ok) {
    await reply.text()
    return undefined
  }
  return okJson(reply)
}

export async function get(url: string, token: string): Promise<unknown> {
  return okJson(await fetch(url, { headers: { authorization: `Bearer ${token}` } }))
}

function ask(method: string, url: string, body: unknown, token?: string): Promise<Response> {
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  return fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

async function okJson(reply: Response): Promise<unknown> {
  const body = await reply.text()
  if (!reply.ok) throw new UnexpectedAnswer(`${reply.url}: ${reply.status} ${body}`)
  return JSON.parse(body)
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value
}

export function field(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name)
}

export function text(value: unknown, name: string): string {
  return String(field(value, name))
}

let count = 0

/** A name that nobody has yet. */
export function newName(): string {
  count += 1
  return `player_${process.pid}_${count}`
}
