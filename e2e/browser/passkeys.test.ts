import * as openid from 'openid-client'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import { begin, connect, type RegisteredClient } from '../openid/clients.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { useApplication } from './application.ts'
import { addAuthenticator, type VirtualAuthenticator } from './authenticators.ts'
import { look } from './looking.ts'
import { atDesk, onTelephone, useBrowser } from './visits.ts'
import { signIn } from './walking.ts'

const application = useApplication()
const visit = useBrowser()
let orchard: RegisteredClient

beforeAll(async () => {
  orchard = await application.add({ first_party: true })
})

const passkeysAt = (): string => `${issuer().href}/account/passkeys`

/** Somebody who has added a passkey to a new account, and is signed in. */
async function withPasskey(): Promise<{ page: Page; ada: Player; authenticator: VirtualAuthenticator }> {
  const [ada, page] = [await registerPlayer(), await visit()]
  const authenticator = await addAuthenticator(page)
  await page.goto(passkeysAt())
  await signIn(page, ada)
  await page.getByRole('heading', { name: 'Passkeys' }).waitFor()
  await authenticator.answers(true)
  await page.getByLabel('Name').fill('My laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  expect(await page.getByRole('listitem').count()).toBe(10)
  await page.goto(passkeysAt())
  await page.getByRole('heading', { name: 'My laptop' }).waitFor()
  await authenticator.answers(false)
  return { page, ada, authenticator }
}

/** Resolves when the page has begun to offer passkeys, so that an authenticator which answers from now on does not. */
async function offered(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  await page.evaluate('PublicKeyCredential.isConditionalMediationAvailable()')
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${issuer().href}/session/end`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
}

/** Has a client sign somebody in, and returns what its ID token says. */
async function signInTo(page: Page, answer: () => Promise<void>, params: Record<string, string> = {}) {
  const config = await connect(orchard)
  const { url, checks } = await begin(config, { redirect_uri: application.callback, ...params })
  await page.goto(url.href)
  await answer()
  await page.waitForURL(`${application.callback}?*`)
  return (await openid.authorizationCodeGrant(config, new URL(page.url()), checks)).claims()
}

describe('a passkey', () => {
  it('signs in without a name or a password, as often as one likes', async () => {
    const { page, authenticator } = await withPasskey()
    await look(page, atDesk, 'account-passkeys', { en: 'Passkeys', it: 'Passkey' })
    for (const count of [2, 3]) {
      await signOut(page)
      const claims = await signInTo(page, async () => {
        await offered(page)
        await authenticator.answers(true)
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      })
      await authenticator.answers(false)
      expect(claims).toMatchObject({ acr: 'phr', amr: ['hwk', 'user', 'mfa'] })
      expect([...(await authenticator.counters()).values()]).toEqual([count])
    }
  })

  it('is offered where the user name is typed', async () => {
    const { page, authenticator } = await withPasskey()
    await signOut(page)
    await authenticator.answers(true)
    expect(await signInTo(page, async () => undefined)).toMatchObject({ acr: 'phr' })
  })

  it('is asked for after the password', async () => {
    const { page, ada, authenticator } = await withPasskey()
    await signOut(page)
    const claims = await signInTo(page, async () => {
      await signIn(page, ada)
      await look(page, atDesk, 'second-step-passkey', { en: 'One more step', it: 'Ancora un passo' })
      await authenticator.answers(true)
      await page.getByRole('button', { name: 'Use a passkey' }).click()
    })
    expect(claims).toMatchObject({ acr: 'phr', amr: ['pwd', 'hwk', 'user', 'mfa'] })
  })

  it('is renamed and removed, after which the password is enough', async () => {
    const { page, ada } = await withPasskey()
    await page.getByLabel('Name').first().fill('My desk')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('heading', { name: 'My desk' }).waitFor()
    await page.getByRole('button', { name: 'Remove My desk' }).click()
    await page.getByText('You have no passkey yet.').waitFor()
    await signOut(page)
    expect(await signInTo(page, () => signIn(page, ada))).toMatchObject({ acr: 'urn:sallyport:acr:password' })
  })

  it('is not to be had without scripts, and the page says so', async () => {
    const [ada, page] = [await registerPlayer(), await visit(onTelephone)]
    await page.goto(passkeysAt())
    await signIn(page, ada)
    await look(page, onTelephone, 'account-passkeys-none', { en: 'Passkeys', it: 'Passkey' })
    expect(await page.getByText('Per le passkey il browser deve eseguire JavaScript.').isVisible()).toBe(true)
    expect(await page.locator('button').count()).toBe(1)
    expect(await page.locator('button').isVisible()).toBe(false)
  })
})
