import { describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import { registerPlayer, signIn as signInWithPassword } from '../support/people.ts'
import { look } from './looking.ts'
import { useBrowser } from './visits.ts'
import { readers, signIn } from './walking.ts'

const visit = useBrowser()

describe.each(readers)('the pages on which people erase themselves %s', (_, reader) => {
  it('are found from the account, ask once more, and show what opens the receipt', async () => {
    const ada = await registerPlayer()
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account`)
    await signIn(page, ada)
    await page.locator('a[href$="/account/erasure"]').press('Enter')
    const title = { en: 'Erase everything about you', it: 'Cancella tutto ciò che ti riguarda' }
    await look(page, reader, 'erasure', title)
    await page.locator('#username').fill('somebody else')
    await page.locator('main button').click()
    await page.getByRole('alert').waitFor()
    await look(page, reader, 'erasure-not-confirmed', title)
    expect((await signInWithPassword(ada)).status).toBe(200)
    await page.locator('#keep-uploads').check()
    await page.locator('#username').fill(ada.username)
    await page.locator('main button').press('Enter')
    await look(page, reader, 'erasure-begun', {
      en: 'Everything about you is being erased',
      it: 'Tutto ciò che ti riguarda sta per essere cancellato',
    })
    expect((await signInWithPassword(ada)).status).toBe(401)
    expect(await page.locator('a[href^="/v1/erasures/"]').count()).toBe(1)
  })
})
