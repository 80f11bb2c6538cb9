import { describe, expect, it } from 'vitest'
import { isUnambiguous, staysBelow } from './plain-path.ts'

describe('a path', () => {
  it.each(['/shop', '/shop/', '/shop/a.b/..c/d..', '/shop/a%20b', '/shop/caf%C3%A9', "/shop/(x)'!*,=:@$&+~"])(
    'has one reading: %s',
    (path) => expect([staysBelow(path), isUnambiguous(path)]).toEqual([true, true]),
  )

  it.each([
    '/shop/../admin',
    '/shop/./x',
    '/shop/..',
    '/shop/%2e%2e/admin',
    '/shop/.%2E/admin',
    '/shop/..%2fadmin',
    '/shop/x%2f..%5cadmin',
    '/shop/..;/admin',
    '/shop/..;x=1/admin',
    '/shop\\..\\admin',
    '/shop#/x',
    '/shop/%',
    '/shop/%zz',
    '/shop/caf\u00e9',
    '/shop/a b',
    '*',
  ])('may leave where it begins: %s', (path) => expect(staysBelow(path)).toBe(false))

  it.each([
    '/shop//orders',
    '/shop/%6Frders',
    '/shop/%4frders',
    '/shop/orders%2F1',
    '/shop/orders%5c1',
    '/shop/orders;x=1',
    '/shop/orders%00',
    '/shop/a%2Db',
    '/shop/%7Euser',
    '/shop/%5F',
    '/shop/%30',
    '/shop/%7a',
  ])('stays below, but is read in two ways: %s', (path) => {
    expect([staysBelow(path), isUnambiguous(path)]).toEqual([true, false])
  })
})
