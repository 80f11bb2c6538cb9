import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launchChromium } from './chromium.ts'

/** Somebody who looks at pages, and with what. */
export interface Reader {
  readonly language: 'en' | 'it'
  readonly scheme: 'light' | 'dark'
  /** Of the window, in CSS pixels. */
  readonly widthPx: number
  /** Whether the browser runs JavaScript. */
  readonly scripts: boolean
}

export const atDesk: Reader = { language: 'en', scheme: 'light', widthPx: 1280, scripts: true }
/** The narrowest window that pages have to fit into (WCAG 2.2, 1.4.10), in the other language and without scripts. */
export const onTelephone: Reader = { language: 'it', scheme: 'dark', widthPx: 320, scripts: false }

/**
 * A browser for the tests of a file. Each visit has cookies of its own; at the end of the test the visits end, and the test
 * fails when a page complained on the console, broke its content security policy or asked for something in vain.
 */
export function useBrowser(): (reader?: Reader) => Promise<Page> {
  let browser: Browser
  let visits: { readonly context: BrowserContext; readonly complaints: string[] }[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterEach(async () => {
    const ended = visits
    visits = []
    for (const { context } of ended) await context.close()
    expect(ended.flatMap(({ complaints }) => complaints)).toEqual([])
  })

  afterAll(() => browser.close())

  return async ({ language, scheme, widthPx, scripts } = atDesk) => {
    const context = await browser.newContext({
      locale: language === 'it' ? 'it-IT' : 'en-GB',
      colorScheme: scheme,
      viewport: { width: widthPx, height: 800 },
      javaScriptEnabled: scripts,
    })
    context.setDefaultTimeout(30_000)
    const complaints: string[] = []
    visits.push({ context, complaints })
    const page = await context.newPage()
    watch(page, complaints)
    return page
  }
}

/** Writes down what goes wrong in a page. A page that is itself the answer to a mistake is nothing wrong. */
function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    if (message.text().startsWith('Failed to load resource') && message.location().url === page.url()) return
    complaints.push(`${message.type()}: ${message.text().trim()} (${page.url()})`)
  })
  page.on('pageerror', (error) => complaints.push(`error: ${error.message} (${page.url()})`))
  // A page that turns out to be a file to keep is one that was not opened, in the words of the browser.
  const downloaded = new Set<string>()
  const notOpened = (url: string): string => `failed: ${url} (net::ERR_ABORTED)`
  page.on('download', (download) => {
    downloaded.add(download.url())
    const said = complaints.indexOf(notOpened(download.url()))
    if (said >= 0) complaints.splice(said, 1)
  })
  page.on('requestfailed', (request) => {
    const complaint = `failed: ${request.url()} (${request.failure()?.errorText ?? 'no reason'})`
    if (!downloaded.has(request.url()) || complaint !== notOpened(request.url())) complaints.push(complaint)
  })
}

const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url))

/** Keeps how a page looks, whole, in `screenshots/NAME.png`, when somebody wants to see it. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (!process.env['SALLYPORT_TEST_SCREENSHOTS']) return
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true })
}
