import axe from 'axe-core'
import { services } from '@sallyport/contracts'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, inject, it } from 'vitest'
import { atDesk, keepScreenshot, useBrowser } from './visits.ts'

/** A browser whose pages complain of whatever is not let in, wherever it would come from. */
const visit = useBrowser()
const demoKey = 'Demo_Key_SFA_Trial'

type DoorName = 'public' | 'admin'
const doors: readonly DoorName[] = ['public', 'admin']
const bases: Readonly<Record<DoorName, string>> = { public: '/docs', admin: '/admin/docs' }

/** What a service has at a door: the operations that its page has to show. */
function operationsAt(door: DoorName, service: string): string[] {
  const surfaces = services.find(({ name }) => name === service)?.surfaces ?? []
  return surfaces.flatMap(({ routes }) => routes.filter((route) => route.door === door).map(({ name }) => name))
}

/** Opens a page and gives the hosts that were asked for anything on its account. */
async function open(door: DoorName, path: string): Promise<{ page: Page; hosts: Set<string> }> {
  const page = await visit(atDesk)
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).origin))
  await page.goto(inject('sallyportAddresses')[door] + path)
  return { page, hosts }
}

const shownOperations = (page: Page): Promise<string[]> => page.locator('.opblock-summary-operation-id').allInnerTexts()
const plain = (text: string): string => text.replaceAll(/[^\w]/g, '')

/** What the library would have to put right: how its parts are nested, and what it calls them. */
const ofTheLibrary = ['heading-order', 'region', 'landmark-unique', 'label-content-name-mismatch']

async function barriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('typeof axe === "object"'))) await page.evaluate(axe.source)
  const rules = Object.fromEntries(ofTheLibrary.map((rule) => [rule, { enabled: false }]))
  return page.evaluate<string[]>(`axe.run(${JSON.stringify({ rules })}).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ': ' + help + ': ' + html.slice(0, 200))))`)
}

describe('the pages about the services', () => {
  it.each(
    doors.flatMap((door) =>
      services.filter(({ name }) => operationsAt(door, name).length > 0).map(({ name }) => [door, name] as const),
    ),
  )('on the %s door show all of %s, and load nothing from elsewhere', async (door, service) => {
    const { page, hosts } = await open(door, `${bases[door]}/${service}`)
    await page.locator('.opblock').first().waitFor()
    await expect
      .poll(async () => (await shownOperations(page)).map(plain).toSorted())
      .toEqual(operationsAt(door, service).toSorted())
    expect(await page.locator('nav a[aria-current=page]').count()).toBe(1)
    expect([...hosts]).toEqual([inject('sallyportAddresses')[door]])
    await keepScreenshot(page, `api-${door}-${service}`)
  })

  it('S-6 let who reads about pictures try them, with the key in hand', async () => {
    const { page, hosts } = await open('public', '/docs')
    expect(await page.title()).toBe('Space Fan Art (SFA)')
    expect(plain(await page.locator('h1').innerText())).toContain('SpaceFanArtSFA100')

    await page.locator('.btn.authorize').first().click()
    const credential = page.locator('.dialog-ux .auth-container', { hasText: 'apiKey' })
    await credential.locator('input').fill(demoKey)
    await credential.locator('button[type=submit]').click()
    await page.getByRole('button', { name: 'Close' }).first().click()

    const operation = page.locator('.opblock', { hasText: 'downloadPicture' })
    await operation.locator('.opblock-summary-control').click()
    await operation.locator('.try-out__btn').click()
    await operation.locator('.execute').click()
    const answer = operation.locator('.live-responses-table .response')
    await answer.locator('.response-col_status').getByText('200').waitFor()
    const file = answer.getByRole('link', { name: 'Download file' })
    expect(await file.getAttribute('href')).toMatch(/^blob:/)
    expect(await file.getAttribute('download')).toMatch(/\.(?:jpeg|jpg|png|webp)$/)
    expect([...hosts].filter((host) => !host.startsWith('blob:'))).toEqual([inject('sallyportAddresses').public])
  })

  it('can be read by everybody, and used with the keyboard alone', async () => {
    const { page } = await open('public', '/docs')
    await page.locator('.opblock').first().waitFor()
    expect(await barriers(page)).toEqual([])
    // From the top: the other pages, the document, the dialogue for keys, then each operation.
    const first = page.locator('.opblock-summary-control').first()
    for (let steps = 0; steps < 40 && !(await isFocused(first)); steps += 1) await page.keyboard.press('Tab')
    expect(await isFocused(first)).toBe(true)
    await page.keyboard.press('Enter')
    const operation = page.locator('.opblock').first()
    await operation.locator('.try-out__btn').waitFor()
    expect(await first.getAttribute('aria-expanded')).toBe('true')
    await operation.locator('.try-out__btn').focus()
    await page.keyboard.press('Enter')
    await operation.locator('textarea').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.locator('.btn.authorize').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.dialog-ux input').first().waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('on the admin door begin with all of them', async () => {
    const { page } = await open('admin', '/admin/docs')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('link', { name: 'Wallet' }).click()
    await page.locator('.opblock').first().waitFor()
  })
})

function isFocused(place: Locator): Promise<boolean> {
  return place.evaluate((element) => element === element.ownerDocument.activeElement)
}
