import { describe, expect, it } from 'vitest'
import { wordsFor } from './choice.ts'

describe('the language of a page', () => {
  it.each([
    [undefined, undefined, 'en'],
    [undefined, 'it', 'it'],
    [undefined, 'it-CH, en;q=0.5', 'it'],
    [undefined, 'en;q=0.5, it;q=0.9', 'it'],
    [undefined, 'de, fr', 'en'],
    [undefined, 'it;q=0, en', 'en'],
    [undefined, ';;q=,,', 'en'],
    ['it', 'en', 'it'],
    ['de it', 'en', 'it'],
    ['de', 'it', 'it'],
  ])('for a client that asks for %s and a browser that says %s is %s', (uiLocales, acceptLanguage, language) =>
    expect(wordsFor({ uiLocales, acceptLanguage }).language).toBe(language),
  )
})
