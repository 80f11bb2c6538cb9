import { beforeAll, describe, expect, it } from 'vitest'
import type { RegisteredClient } from '../openid/clients.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { useApplication } from './application.ts'
import { atDesk, keepScreenshot, onTelephone, useBrowser } from './visits.ts'

const application = useApplication()
const visit = useBrowser()
let ada: Player
let orchard: RegisteredClient

beforeAll(async () => {
  ada = await registerPlayer()
  orchard = await application.add({ first_party: true })
})

describe('signing in with a browser', () => {
  it.each([
    ['with scripts', atDesk],
    ['without', onTelephone],
  ])('leads back to the program, %s', async (_, reader) => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await page.locator('#username').fill(ada.username)
    await page.locator('#password').fill(ada.password)
    await keepScreenshot(page, `sign-in-filled-${reader.scheme}`)
    await page.locator('#password').press('Enter')
    await page.waitForURL(`${application.callback}?*`)
    expect(new URL(page.url()).searchParams.get('code')).toEqual(expect.any(String))
  })
})
