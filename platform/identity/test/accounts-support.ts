import type { AccountId } from '@sallyport/kernel'
import { expect } from 'vitest'
import { startIdentity } from './support.ts'

export const password = 'Korrekt Pferd Batterie 77'
export const nobody = { kind: 'anonymous', address: '' } as const

/** A refusal in the words of the account service. */
export const envelope = { message: expect.any(String) }

export interface Person {
  readonly uid: AccountId
  readonly username: string
  readonly token: string
}

interface Asked {
  readonly json?: unknown
  readonly as?: Person
  readonly headers?: Record<string, string>
}

/**
 * The account service. Page size 3, reserved name `admin`; clivey is superadmin, bobby admin, the others users, harry
 * deleted (accounts A-80).
 */
export async function startAccountService() {
  const one = await startIdentity()
  const sql = (text: string, values: unknown[] = []) => one.testDatabase.database.pool.query(text, values)

  async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, { json, as, headers = {} }: Asked = {}) {
    const { status, body } = await one.service.inject({
      method,
      path,
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(as && { 'x-access-token': as.token }),
        ...headers,
      },
      ...(json !== undefined && { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    })
    return { status, json: body === '' ? undefined : JSON.parse(body) }
  }

  async function person(username: string, role = 'user'): Promise<Person> {
    const email = `${Buffer.from(username).toString('hex')}@example.org`
    const { uid } = await one.identity.accounts.register({ username, email, password }, 'accounts', nobody)
    await sql('update account set email_verified_at = now() where uid = $1', [uid])
    await sql('update account_role set role = $2 where uid = $1', [uid, role])
    const { json } = await ask('POST', '/authy/login', { json: { username, password } })
    return { uid, username, token: json.token }
  }

  await one.service.start()
  const clivey = await person('clivey', 'superadmin')
  const bobby = await person('bobby', 'admin')
  const sally = await person('sally')
  const harry = await person('harry')
  for (const name of ['woody', 'mandy', 'mary', 'lucky', 'brüna', '分支持']) await person(name)
  await one.identity.accounts.remove(harry.uid, nobody)

  return {
    one,
    clivey,
    bobby,
    sally,
    harry,
    sql,
    ask,
    person,
    async stop() {
      await one.stop()
      await one.testDatabase.drop()
    },
  }
}
