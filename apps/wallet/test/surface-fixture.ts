import { wholeScope } from '@sallyport/contracts'
import { type AccountId, type Clock, isId } from '@sallyport/kernel'
import type { Authentication, Service } from '@sallyport/service'
import { pino } from 'pino'
import { buildWallet } from '../src/index.ts'
import type { TestWallet } from './test-wallet.ts'

/** An answer with its body parsed. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A way to talk to the wallet over HTTP. */
export interface WalletOverHttp {
  readonly service: Service
  get(path: string, as?: string): Promise<Answer>
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    as: string,
    body?: unknown,
    idempotencyKey?: string,
  ): Promise<Answer>
}

/**
 * Believes what a caller says: `player <uid>`, `admin <uid>` or `service <name>` as the bearer token. How tokens are
 * verified is the business of packages/service and its tests.
 */
const credulous: Authentication = {
  async account(authorization) {
    const [role, uid = ''] = credentialOf(authorization)
    if (role === undefined) return 'missing'
    if ((role !== 'player' && role !== 'admin') || !isId<AccountId>(uid)) return 'invalid'
    const accountRole = role === 'admin' ? 'admin' : 'user'
    return {
      kind: 'account',
      accountId: uid,
      sessionId: 's',
      username: 'u',
      role: accountRole,
      roles: [accountRole],
      scopes: [wholeScope],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
  },
  async service(authorization) {
    const [kind, name = ''] = credentialOf(authorization)
    if (kind === undefined) return 'missing'
    return kind === 'service' ? { kind: 'service', name } : 'invalid'
  },
}

function credentialOf(authorization: string | undefined): string[] {
  return authorization?.replace('Bearer ', '').split(' ') ?? []
}

/** Serves the wallet over a test's database and clock. */
export async function serveWallet({
  test,
  clock,
}: {
  readonly test: Pick<TestWallet['test'], 'database'>
  readonly clock: Clock
}): Promise<WalletOverHttp> {
  const service = await buildWallet({
    database: test.database,
    authentication: credulous,
    log: pino({ level: 'silent' }),
    clock,
  })
  const ask = async (request: Parameters<Service['inject']>[0]): Promise<Answer> => {
    const { status, body } = await service.inject(request)
    return { status, body: JSON.parse(body) }
  }
  const headersOf = (as: string | undefined): Record<string, string> => (as ? { authorization: `Bearer ${as}` } : {})
  return {
    service,
    get: (path, as) => ask({ method: 'GET', path, headers: headersOf(as) }),
    send: (method, path, as, body, idempotencyKey) =>
      ask({
        method,
        path,
        headers: { ...headersOf(as), ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}
