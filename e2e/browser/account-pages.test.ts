import { generateSync } from 'otplib'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import { nowSeconds } from '../support/market.ts'
import { newToken, registerPlayer } from '../support/people.ts'
import { look, type Titles } from './looking.ts'
import { useBrowser } from './visits.ts'
import { choose, readers, signIn } from './walking.ts'

const visit = useBrowser()

describe.each(readers)('the account pages %s', (_, reader) => {
  const see = (page: Page, name: string, titles: Titles): Promise<void> => look(page, reader, name, titles)

  it('ask who it is, and let be who does not say it', async () => {
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account`)
    await choose(page, 'cancel')
    await see(page, 'account-not-signed-in', { en: 'You are not signed in', it: 'Non hai effettuato l’accesso' })
    await page.goto(`${issuer().href}/account/nowhere`)
    await see(page, 'account-unknown', { en: 'There is no such page', it: 'Questa pagina non esiste' })
  })

  it('show the account, and change its password', async () => {
    const ada = await registerPlayer()
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account`)
    await signIn(page, ada)
    await see(page, 'account', { en: 'Your account', it: 'Il tuo account' })
    await page.locator('a[href$="/account/password"]').press('Enter')
    const titles = { en: 'Change your password', it: 'Cambia la password' }
    await see(page, 'account-password', titles)
    await page.locator('#old-password').fill('Not-The-One-77')
    await page.locator('#new-password').fill('Korrekt Pferd Batterie 77!')
    await page.locator('#new-password').press('Enter')
    await page.getByRole('alert').waitFor()
    await see(page, 'account-password-again', titles)
    await page.locator('#old-password').fill(ada.password)
    await page.locator('#new-password').fill('Korrekt Pferd Batterie 77!')
    await page.locator('#new-password').press('Enter')
    await see(page, 'account-password-changed', { en: 'Your password is changed', it: 'La password è cambiata' })
  })

  it('show where somebody is signed in, and end it', async () => {
    const ada = await registerPlayer()
    await newToken(ada)
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account/sessions`)
    await signIn(page, ada)
    const titles = { en: 'Where you are signed in', it: 'Dove hai effettuato l’accesso' }
    await see(page, 'account-sessions', titles)
    expect(await page.locator('.cards > li').count()).toBe(3)
    await page.locator('.cards button').first().click()
    await page.getByRole('status').waitFor()
    await see(page, 'account-sessions-ended', titles)
    expect(await page.locator('.cards > li').count()).toBe(2)
  })
  it('set an authenticator app up, which is asked for from then on', async () => {
    const ada = await registerPlayer()
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account/factors`)
    await signIn(page, ada)
    await see(page, 'factors', { en: 'Sign in with a second step', it: 'Accedi con un secondo passo' })
    await page.locator('a[href$="/factors/app"]').click()
    const titles = { en: 'Set up an authenticator app', it: 'Configura un’app di autenticazione' }
    await see(page, 'factors-app', titles)
    await choose(page, 'begin')
    await page.locator('svg[role="img"]').waitFor()
    await see(page, 'factors-app-code', titles)
    const secret = (await page.locator('main code').innerText()).replaceAll(' ', '')
    const enter = async (epoch: number): Promise<void> => {
      await page.locator('#code').fill(generateSync({ secret, epoch }))
      await page.locator('#code').press('Enter')
    }
    await enter(nowSeconds())
    const done = { en: 'Your authenticator app is set up', it: 'La tua app di autenticazione è configurata' }
    await see(page, 'factors-app-done', done)
    await page.context().clearCookies()
    await page.goto(`${issuer().href}/account`)
    await signIn(page, ada)
    const asked = { en: 'One more step', it: 'Ancora un passo' }
    await see(page, 'second-step', asked)
    await enter(0)
    await page.getByRole('alert').waitFor()
    await see(page, 'second-step-again', asked)
    await choose(page, 'use-recovery-code')
    await see(page, 'second-step-recovery', asked)
    await choose(page, 'use-totp')
    // A code is taken once. That of the next step counts already, and still counts when that step has begun.
    await enter(nowSeconds() + 30)
    await page.locator('dl').waitFor()
  })
})
