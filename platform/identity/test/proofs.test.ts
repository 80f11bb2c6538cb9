import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mailboxMailer, smtpMailer } from '../src/index.ts'
import { secretFor as secretOfLetter, startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const password = 'Korrekt Pferd Batterie 77'
const by = { kind: 'anonymous', address: '' } as const
let count = 0

interface Person {
  readonly uid: string
  readonly username: string
  readonly email: string
}

async function signUp(): Promise<Person> {
  count += 1
  const [username, email] = [`brüna ${count}`, `bruena${count}@example.org`]
  const { uid } = await one.identity.accounts.register({ username, email, password }, 'accounts', by)
  return { uid, username, email }
}

const secretFor = (email: string, sent = 1) => secretOfLetter(one, email, sent)

async function ask(method: 'GET' | 'POST', path: string, json?: unknown, headers: Record<string, string> = {}) {
  const answer = await one.service.inject({
    method,
    path,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  return { ...answer, json: answer.body.startsWith('{') ? JSON.parse(answer.body) : undefined }
}

const logIn = ({ username }: Person, word = password) => ask('POST', '/authy/login', { username, password: word })

describe('proving an e-mail address', () => {
  it('A-48 A-53 is needed before the first sign-in, with what was sent there', async () => {
    const ada = await signUp()
    expect((await logIn(ada)).status).toBe(401)
    const secret = await secretFor(ada.email)
    expect(secret).toHaveLength(144)
    expect((await ask('GET', `/authy/validate/${secret}`)).status).toBe(200)
    expect((await logIn(ada)).status).toBe(200)
  })

  it('A-25 A-F9 works once, and never with what nobody was sent', async () => {
    const ada = await signUp()
    const secret = await secretFor(ada.email)
    const answers = await Promise.all([1, 2, 3].map(() => ask('GET', `/authy/validate/${secret}`)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404])
    expect((await ask('GET', `/authy/validate/${'x'.repeat(144)}`)).status).toBe(404)
  })

  it('A-F9 is confirmed on a page in a browser, which looks at links before its reader does', async () => {
    const ada = await signUp()
    const path = `/authy/validate/${await secretFor(ada.email)}`
    const shown = await ask('GET', path, undefined, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    expect([shown.status, shown.body]).toEqual([200, expect.stringContaining('<form method="post"')])
    expect((await logIn(ada)).status).toBe(401)
    expect((await ask('POST', path)).status).toBe(200)
    expect((await logIn(ada)).status).toBe(200)
  })

  it('A-F9 is answered with a page in a browser, in a language it asks for', async () => {
    const ada = await signUp()
    const path = `/authy/validate/${await secretFor(ada.email)}`
    const confirmed = await ask('POST', path, undefined, { accept: 'text/html', 'accept-language': 'it' })
    expect([confirmed.status, confirmed.body]).toEqual([200, expect.stringContaining('<html lang="it">')])
    expect((await logIn(ada)).status).toBe(200)
  })

  it('A-F9 is kept as a digest alone', async () => {
    const ada = await signUp()
    const secret = await secretFor(ada.email)
    const { rows } = await one.testDatabase.database.pool.query(
      `select row_to_json(email_link)::text as row from email_link
       union all select row_to_json(job)::text from graphile_worker._private_jobs as job`,
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const { row } of rows) expect(row).not.toContain(secret)
  })

  it('works for the address it was sent to and no other', async () => {
    const ada = await signUp()
    const secret = await secretFor(ada.email)
    const boss = {
      kind: 'account',
      uid: (await one.identity.accounts.read(ada.uid)).uid,
      address: '',
      level: 0,
    } as const
    await one.identity.accounts.correct(ada.uid, { email: `new-${ada.email}` }, boss)
    expect((await ask('GET', `/authy/validate/${secret}`)).status).toBe(404)
  })

  it('is over after a day', async () => {
    const ada = await signUp()
    const secret = await secretFor(ada.email)
    await one.testDatabase.database.pool.query(
      `update email_link set expires_at = now() - interval '1 second' where email = $1`,
      [ada.email],
    )
    expect((await ask('GET', `/authy/validate/${secret}`)).status).toBe(404)
  })
})

describe('a new password', () => {
  it('is set with what was sent, once, and proves the address', async () => {
    const ada = await signUp()
    await secretFor(ada.email)
    const wish = await ask('POST', '/v1/account/password-reset-requests', { email: ada.email.toUpperCase() })
    expect(wish.status).toBe(202)
    const secret = await secretFor(ada.email, 2)
    const reset = (word: string) => ask('POST', '/v1/account/password-resets', { secret, password: word })
    expect(await reset('password')).toMatchObject({ status: 422, json: { code: 'weak-password' } })
    const answers = await Promise.all([reset('Ganz anderes Wort 99'), reset('Ganz anderes Wort 99')])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404])
    expect((await logIn(ada)).status).toBe(401)
    expect((await logIn(ada, 'Ganz anderes Wort 99')).status).toBe(200)
  })

  it('ends every session that was opened before', async () => {
    const ada = await signUp()
    await ask('GET', `/authy/validate/${await secretFor(ada.email)}`)
    const { token } = (await logIn(ada)).json
    const own = () => ask('GET', '/authy/user', undefined, { 'x-access-token': token })
    expect((await own()).status).toBe(200)
    await ask('POST', '/v1/account/password-reset-requests', { email: ada.email })
    const secret = await secretFor(ada.email, 2)
    const page = await ask('GET', `/v1/account/password-resets/${secret}`)
    expect(page.body).toContain('autocomplete="new-password"')
    const form = await one.service.inject({
      method: 'POST',
      path: `/v1/account/password-resets/${secret}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'password=Ganz+anderes+Wort+99',
    })
    expect([form.status, form.body]).toEqual([200, expect.stringContaining('changed')])
    expect((await own()).status).toBe(401)
  })

  it('is asked for with the same answer whether or not anybody has the address', async () => {
    const ada = await signUp()
    const answerTo = async (email: string) => {
      const answer = await ask('POST', '/v1/account/password-reset-requests', { email })
      // The second in which it was given says nothing.
      return { ...answer, headers: { ...answer.headers, date: undefined } }
    }
    const [known, unknown] = [await answerTo(ada.email), await answerTo('nobody@example.org')]
    for (const path of ['/v1/account/password-reset-requests', '/v1/account/verification-requests'])
      for (const email of ['nobody\0@example.org', 'nobody\ud800@example.org'])
        expect((await ask('POST', path, { email })).status, path).toBe(unknown.status)
    expect(unknown).toEqual(known)
    await secretFor(ada.email, 2)
    expect(one.letters.filter(({ to }) => to === 'nobody@example.org')).toEqual([])
  })

  it('is not sent for twice within a minute', async () => {
    const ada = await signUp()
    for (let wish = 0; wish < 3; wish += 1)
      await ask('POST', '/v1/account/password-reset-requests', { email: ada.email })
    await secretFor(ada.email, 2)
    const { rows } = await one.testDatabase.database.pool.query(
      `select count(*)::int as count from email_link where email = $1`,
      [ada.email],
    )
    expect(rows).toEqual([{ count: 2 }])
  })
})

describe('the language of a letter', () => {
  it.each([
    ['it-IT, en;q=0.5', 'Scegli una nuova password', 'mezz’ora'],
    ['de', 'Choose a new password', 'half an hour'],
    [undefined, 'Choose a new password', 'half an hour'],
  ])('is what whoever asks for it reads: %s', async (language, subject, text) => {
    const ada = await signUp()
    const headers = language === undefined ? {} : { 'accept-language': language }
    await ask('POST', '/v1/account/password-reset-requests', { email: ada.email }, headers)
    const own = () =>
      one.letters.filter((letter) => letter.to === ada.email && !/address|indirizzo/.test(letter.subject))
    await expect.poll(own).toHaveLength(1)
    expect(own()[0]).toMatchObject({ subject, text: expect.stringContaining(text) })
  })

  it('A-27 is that of whoever signs up', async () => {
    count += 1
    const email = `bruena${count}@example.org`
    const wish = { username: `brüna ${count}`, email, password, confirm_password: password }
    expect((await ask('POST', '/authy/user', wish, { 'accept-language': 'it' })).status).toBe(201)
    await expect
      .poll(() => one.letters.find(({ to }) => to === email)?.subject)
      .toBe('Conferma il tuo indirizzo e-mail')
    expect(await secretFor(email)).toHaveLength(144)
  })
})

describe('letters', () => {
  const letter = { to: 'ada@example.org', subject: 'Grüße', text: 'a link: https://example.org/secret\n' }

  it('go into a folder that only its owner can read', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'sallyport-mailbox-')), 'mailbox')
    await mailboxMailer(folder, 'Sallyport <a@b.example>').send(letter)
    const [name = ''] = await readdir(folder)
    const parsed = await simpleParser(await readFile(join(folder, name)))
    expect(parsed).toMatchObject({ subject: 'Grüße', text: letter.text })
    expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, name))).mode & 0o777]).toEqual([0o700, 0o600])
    await rm(folder, { recursive: true })
  })

  it('go to a mail server, and say nothing of themselves when it does not take them', async () => {
    const taken: Buffer[] = []
    let accept = true
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => done(accept ? null : new Error('no such mailbox')),
      onData(stream, _session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
        stream.on('end', () => {
          taken.push(Buffer.concat(chunks))
          done()
        })
      },
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, 'a@b.example')
    await mailer.send(letter)
    expect((await simpleParser(taken[0] ?? '')).text).toBe(letter.text)
    accept = false
    const error = await mailer.send(letter).catch((failure: unknown) => failure)
    expect(String(error)).toMatch(/did not take a letter/)
    expect(JSON.stringify(error) + String(error)).not.toContain('secret')
    await new Promise<void>((resolve) => server.close(resolve))
  })
})

describe('letters with links', () => {
  it('A-12 are sent to one client no oftener than its limit says, whatever they are for', async () => {
    const hourly = await startIdentity(undefined, { linkRates: [{ requests: 2, seconds: 3600 }] })
    const wish = (what: string, from: string) =>
      hourly.service.inject({
        method: 'POST',
        path: `/v1/account/${what}-requests`,
        headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
        body: JSON.stringify({ email: 'nobody@example.org' }),
      })
    try {
      await hourly.service.start()
      expect((await wish('password-reset', '192.0.2.1')).status).toBe(202)
      expect((await wish('verification', '192.0.2.1')).status).toBe(202)
      const { status, headers, body } = await wish('password-reset', '192.0.2.1')
      expect([status, JSON.parse(body).code]).toEqual([429, 'too-many-requests'])
      expect(Number(headers['retry-after'])).toBeGreaterThan(3500)
      expect((await wish('verification', '192.0.2.2')).status).toBe(202)
    } finally {
      await hourly.stop()
      await hourly.testDatabase.drop()
    }
  })
})
