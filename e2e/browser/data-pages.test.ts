import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import { type Lives, liveALittle, markup } from '../privacy/lives.ts'
import { look } from './looking.ts'
import { useBrowser } from './visits.ts'
import { readers, signIn } from './walking.ts'

const visit = useBrowser()

let lives: Lives
beforeAll(async () => {
  lives = await liveALittle()
})

const parts = {
  identity: { en: 'Account and sign-in', it: 'Account e accesso' },
  wallet: { en: 'Wallet', it: 'Portafoglio' },
  gacha: { en: 'Gacha collection', it: 'Collezione di gacha' },
  auction: { en: 'Auctions', it: 'Aste' },
  enrollment: { en: 'Enrollment', it: 'Iscrizioni' },
  pictures: { en: 'Pictures', it: 'Immagini' },
} as const

describe.each(readers)('the pages of somebody’s data %s', (_, reader) => {
  it('are found from the account, are read part by part, and give a file to keep', async () => {
    const page = await visit(reader)
    await page.goto(`${issuer().href}/account`)
    await signIn(page, lives.ada)
    await page.locator('a[href$="/account/data"]').press('Enter')
    const title = { en: 'Your data', it: 'I tuoi dati' }
    await look(page, reader, 'data', title)
    for (const [part, titles] of Object.entries(parts)) {
      await page.locator(`a[href$="?part=${part}"]`).click()
      await look(page, reader, `data-${part}`, titles)
      await page.locator('main a[href$="/account/data"]').first().click()
      await look(page, reader, 'data', title)
    }
    const downloading = page.waitForEvent('download')
    await page.locator('main button').click()
    const download = await downloading
    expect(download.suggestedFilename()).toMatch(/^sallyport-\d{4}-\d\d-\d\d\.json$/)
    const bundle: unknown = JSON.parse(await readFile(await download.path(), 'utf8'))
    expect(bundle).toMatchObject({ account: lives.ada.uid, pictures: { uploads: [{ title: markup }] }, complete: true })
  })
})
