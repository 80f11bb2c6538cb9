import { timingSafeEqual } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestOfSecret, isSecretOf, placeholderOf } from './client.ts'

const one = placeholderOf([digestOfSecret('one')])
const two = placeholderOf([digestOfSecret('one'), digestOfSecret('two')])

describe('the secret of a client', () => {
  it.each([
    ['the only one', one, 'one', true],
    ['the one before', two, 'one', true],
    ['the new one', two, 'two', true],
    ['another', two, 'three', false],
    ['none', two, '', false],
    ['of a client that has none', placeholderOf([]), 'one', false],
    ['of a client that there is none of', undefined, 'one', false],
    ['what is kept of it', one, one, false],
  ])('is compared in the same way whatever comes of it: %s', (_, placeholder, secret, expected) => {
    const compared: [number, number][] = []
    const counting: typeof timingSafeEqual = (kept, presented) => {
      compared.push([kept.byteLength, presented.byteLength])
      return timingSafeEqual(kept, presented)
    }
    expect(isSecretOf(placeholder, secret, counting)).toBe(expected)
    expect(compared).toEqual([
      [32, 32],
      [32, 32],
    ])
  })
})
