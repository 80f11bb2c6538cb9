import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { keepScreenshot, onTelephone, type Reader } from './visits.ts'

/** What a page is called, in each language. */
export type Titles = Readonly<Record<Reader['language'], string>>

/**
 * Looks at a page as its reader does: in their language, within their window, light and dark, with whatever helps them to
 * read, and, at a desk, with the keyboard alone. Leaves the page as it was, and screenshots of it by this name.
 */
export async function look(page: Page, reader: Reader, name: string, titles: Titles): Promise<void> {
  const title = titles[reader.language]
  await page.locator('h1').getByText(title, { exact: true }).waitFor()
  expect(await page.title()).toBe(title)
  expect(await page.locator('html').getAttribute('lang')).toBe(reader.language)
  expect(await page.evaluate<number>('document.documentElement.scrollWidth'), name).toBe(reader.widthPx)
  const window = reader === onTelephone ? 'telephone' : 'desk'
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await keepScreenshot(page, `${name}-${window}-${scheme}`)
    const rules = scheme === reader.scheme ? 'all' : 'colours'
    if (reader.scripts) expect(await barriers(page, rules), `${name}, ${scheme}`).toEqual([])
  }
  await page.emulateMedia({ colorScheme: reader.scheme })
  if (reader.scripts) await walkByKeyboard(page, name)
  else expect(await barriersOfCopy(page, reader), name).toEqual([])
}

/** Where scripts of pages do not run, axe does not either: it gets a copy. */
async function barriersOfCopy(page: Page, { widthPx, scheme }: Reader): Promise<string[]> {
  const options = { viewport: { width: widthPx, height: 800 }, colorScheme: scheme }
  const context = await page.context().browser()?.newContext(options)
  if (!context) throw new TypeError('a page without a browser')
  const copy = await context.newPage()
  await copy.setContent((await page.content()).replaceAll(/<script>[^<]*<\/script>/g, ''))
  const found = await barriers(copy, 'all')
  await context.close()
  return found
}

/** What keeps somebody from reading or using a page (WCAG 2.2, and what axe thinks best). */
async function barriers(page: Page, rules: 'all' | 'colours'): Promise<string[]> {
  const options = rules === 'colours' ? { runOnly: ['color-contrast'] } : {}
  if (!(await page.evaluate<boolean>('typeof axe === "object"'))) await page.evaluate(axe.source)
  return page.evaluate<string[]>(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ': ' + help + ': ' + html)))`)
}

interface Focus {
  /** Of the element that has the focus, in the order of the document; -1 when none has it. */
  readonly at: number
  readonly count: number
  readonly visible: boolean
}

/** Everything that can be used can be reached with Tab, in the order in which it is written, and shows that it was. */
async function walkByKeyboard(page: Page, name: string): Promise<void> {
  const start = await focusOf(page)
  for (let at = start.at + 1; at < start.count; at += 1) {
    await page.keyboard.press('Tab')
    expect(await focusOf(page), name).toEqual({ at, count: start.count, visible: true })
  }
  for (let at = start.count - 2; at >= Math.max(start.at, 0); at -= 1) await page.keyboard.press('Shift+Tab')
  for (let at = start.at - 1; at >= 0; at -= 1) {
    await page.keyboard.press('Shift+Tab')
    expect(await focusOf(page), name).toEqual({ at, count: start.count, visible: true })
  }
}

async function focusOf(page: Page): Promise<Focus> {
  return page.evaluate<Focus>(`(() => {
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
    const visible = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    return { at: all.indexOf(document.activeElement), count: all.length, visible }
  })()`)
}
