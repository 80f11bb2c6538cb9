import type { Page } from 'playwright-core'
import type { Player } from '../support/people.ts'
import { atDesk, onTelephone, type Reader } from './visits.ts'

/** Every walk is walked by both. */
export const readers: readonly [string, Reader][] = [
  ['at a desk', atDesk],
  ['on a telephone, in Italian and without scripts', onTelephone],
]

/** Fills in the page that asks for it, with the keyboard. */
export async function signIn(page: Page, { username, password }: Pick<Player, 'username' | 'password'>): Promise<void> {
  await page.locator('#username').fill(username)
  await page.locator('#password').fill(password)
  await page.locator('#password').press('Enter')
}

/** Presses the button that gives this answer. */
export function choose(page: Page, answer: string): Promise<void> {
  return page.locator(`button[value="${answer}"]`).click()
}
