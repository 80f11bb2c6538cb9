import * as openid from 'openid-client'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import { begin, connect, type RegisteredClient } from '../openid/clients.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { useApplication } from './application.ts'
import { addAuthenticator, type VirtualAuthenticator } from './authenticators.ts'
import { keepScreenshot, useBrowser } from './visits.ts'

const application = useApplication()
const visit = useBrowser()
let orchard: RegisteredClient

beforeAll(async () => {
  orchard = await application.add({ first_party: true })
})

const passkeysAt = (): string => `${issuer().href}/account/passkeys`

async function typePassword(page: Page, { username, password }: Player): Promise<void> {
  await page.locator('#username').fill(username)
  await page.locator('#password').fill(password)
  await page.locator('#password').press('Enter')
}

/** Somebody who has added a passkey to a new account, and is signed in. */
async function withPasskey(): Promise<{ page: Page; ada: Player; authenticator: VirtualAuthenticator }> {
  const [ada, page] = [await registerPlayer(), await visit()]
  const authenticator = await addAuthenticator(page)
  await page.goto(passkeysAt())
  await typePassword(page, ada)
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
    await keepScreenshot(page, 'passkeys')
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
      await typePassword(page, ada)
      await page.getByRole('heading', { name: 'One more step' }).waitFor()
      await keepScreenshot(page, 'passkey-second-step')
      await authenticator.answers(true)
      await page.getByRole('button', { name: 'Use a passkey' }).click()
    })
    expect(claims).toMatchObject({ acr: 'phr', amr: ['pwd', 'hwk', 'user', 'mfa'] })
  })
})
