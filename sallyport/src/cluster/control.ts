import { randomBytes, timingSafeEqual } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { request } from 'undici'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { readIfPresent, replaceFile } from '../data-directory/private-file.ts'
import { isRefusal } from '@sallyport/service'
import { type Action, actions } from './actions.ts'
import type { Member } from './member.ts'

/** There is no cluster to talk to, or it refused. */
export class ClusterRefused extends Error {
  override name = 'ClusterRefused'
}

const MemberStatus = Type.Object({
  name: Type.String(),
  state: Type.String(),
  url: Type.String(),
  pid: Type.Union([Type.Integer(), Type.Null()]),
})
export type MemberStatus = Static<typeof MemberStatus>

const Answer = Compile(Type.Object({ members: Type.Array(MemberStatus) }))
const Refused = Compile(Type.Object({ refused: Type.String() }))
const Whereabouts = Compile(Type.Object({ url: Type.String(), token: Type.String() }))

/** A member may have to finish what is under way, and a copy of the database to be made. */
const patienceMs = 10 * 60_000

/**
 * Takes orders for the members of a cluster on this machine, from whoever can read the data directory: where and with what
 * token is written there.
 */
export async function takeOrders(
  dataDirectory: string,
  members: readonly Member[],
): Promise<{ close(): Promise<void> }> {
  const token = randomBytes(32).toString('base64url')
  const server = createServer((incoming, response) => {
    void answer(incoming, members, token)
      .catch((error: unknown) => ({ status: 500, body: { refused: reasonOf(error) } }))
      .then(({ status, body }) => write(response, status, body))
  })
  const url = await listen(server)
  await replaceFile(fileOf(dataDirectory), `${JSON.stringify({ url, token })}\n`)
  return {
    async close() {
      // Another cluster may have written its own there since.
      const written = await whereabouts(dataDirectory).catch(() => undefined)
      if (written?.token === token) await rm(fileOf(dataDirectory), { force: true })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What the cluster of this directory says of its members. @throws {ClusterRefused} */
export function askForStatus(dataDirectory: string): Promise<readonly MemberStatus[]> {
  return send(dataDirectory, 'GET', '/members')
}

/** Has a member stopped or started, and waits until it is. @throws {ClusterRefused} */
export function order(dataDirectory: string, action: Action, name: string): Promise<readonly MemberStatus[]> {
  return send(dataDirectory, 'POST', `/members/${encodeURIComponent(name)}/${action}`)
}

async function send(dataDirectory: string, method: 'GET' | 'POST', path: string): Promise<readonly MemberStatus[]> {
  const found = await whereabouts(dataDirectory)
  const answered = await ask(`${found.url}${path}`, method, found.token).catch((error: unknown) => {
    if (!isRefusal(error)) throw new ClusterRefused('the cluster has not answered', { cause: error })
    throw new ClusterRefused(`no cluster runs on ${dataDirectory}`, { cause: error })
  })
  if (Answer.Check(answered)) return answered.members
  throw new ClusterRefused(
    Refused.Check(answered) ? answered.refused : 'the cluster gave an answer that makes no sense',
  )
}

async function whereabouts(dataDirectory: string): Promise<{ url: string; token: string }> {
  const found = parse((await readIfPresent(fileOf(dataDirectory))) ?? '')
  if (!Whereabouts.Check(found)) throw new ClusterRefused(`no cluster runs on ${dataDirectory}`)
  return found
}

/** Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function ask(url: string, method: 'GET' | 'POST', token: string): Promise<unknown> {
  const { body } = await request(url, {
    method,
    headers: { authorization: `Bearer ${token}` },
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    signal: AbortSignal.timeout(patienceMs),
  })
  return body.json()
}

async function answer(
  { method, url = '', headers }: IncomingMessage,
  members: readonly Member[],
  token: string,
): Promise<{ status: number; body: unknown }> {
  if (!isSame(headers.authorization ?? '', `Bearer ${token}`)) return { status: 401, body: { refused: 'not allowed' } }
  if (method === 'GET' && url === '/members') return { status: 200, body: statusOf(members) }
  const [, name = '', wanted = ''] = /^\/members\/([a-z0-9.-]+)\/([a-z]+)$/.exec(url) ?? []
  const action = actions.find((one) => one === wanted)
  const member = members.find((one) => one.name === name)
  if (method !== 'POST' || !action) return { status: 404, body: { refused: 'there is no such order' } }
  if (!member) {
    const names = members.map((one) => one.name).join(', ')
    return { status: 404, body: { refused: `there is no ${name}; there are ${names}` } }
  }
  try {
    if (action !== 'start') await member.stop()
    if (action !== 'stop') await member.start()
    return { status: 200, body: statusOf(members) }
  } catch (error) {
    return { status: 500, body: { refused: reasonOf(error) } }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function statusOf(members: readonly Member[]): { members: MemberStatus[] } {
  return { members: members.map(({ name, state, url, pid = null }) => ({ name, state, url, pid })) }
}

function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the control listens on no port')
  return `http://127.0.0.1:${address.port}`
}

function fileOf(dataDirectory: string): string {
  return join(dataDirectory, 'cluster.json')
}
