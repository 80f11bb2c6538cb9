import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { registerPlayer } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, callback } from './clients.ts'

const examples = new URL('../clients/examples/', import.meta.url)
const manual = new URL('../../docs/openid.md', import.meta.url)

describe('the examples of the manual', () => {
  it('are the files that the tests run', async () => {
    const text = await readFile(manual, 'utf8')
    const names = (await readdir(examples)).filter((name) => /\.(?:conf|py|ts)$/.test(name))
    expect(names.sort()).toEqual(['apache.conf', 'authlib_client.py', 'openid-client.ts'])
    for (const name of names) expect(text).toContain(`\n${await readFile(new URL(name, examples), 'utf8')}\`\`\``)
  })

  it('sign somebody in (openid-client)', async () => {
    const ada = await registerPlayer()
    const { id, secret } = await addClient({ name: 'Orchard', first_party: true })
    vi.stubEnv('ISSUER', issuer().href)
    vi.stubEnv('CLIENT_ID', id)
    vi.stubEnv('CLIENT_SECRET', secret)
    vi.stubEnv('REDIRECT_URI', callback)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { begin, finish } = await import('../clients/examples/openid-client.ts')
    const { url, checks } = await begin()
    const back = await new Browser().signIn(url, ada)
    expect(await finish(new URL(back.url), checks)).toMatchObject({
      sub: ada.uid,
      preferred_username: ada.username,
      email: ada.email,
    })
  })
})
