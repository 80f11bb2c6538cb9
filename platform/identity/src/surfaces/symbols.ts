/*
 * The few drawings in pages, as SVG. Each stands beside words that say the same, so nobody who reads with their ears is told
 * of it.
 */

const gate =
  "<path d='M5 29V14a11 11 0 0 1 22 0v15' fill='none' stroke='COLOUR' stroke-width='3' stroke-linecap='round'/><path d='M12 29V16a4 4 0 0 1 8 0v13z' fill='COLOUR'/>"

/** A gate in a gate. */
export const mark = `<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">${gate.replaceAll('COLOUR', 'currentColor')}</svg>`

/** The mark for a browser's tabs, as an address: in a blue that can be seen on light and dark. */
export const icon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>${gate.replaceAll('COLOUR', '#4f74e3')}</svg>`,
)}`

/** What a page without a question is about: something is done, a letter is on its way, or something cannot be done. */
export type Drawing = 'done' | 'letter' | 'problem'

const paths: Readonly<Record<Drawing, string>> = {
  done: 'M5 12.5l4.5 4.5L19 7.5',
  letter: 'M3 6h18v12H3zM3 7l9 7 9-7',
  problem: 'M12 5v9M12 18.5v.5',
}

export function drawingOf(symbol: Drawing): string {
  return `<svg class="symbol ${symbol}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${paths[symbol]}"/></svg>`
}
