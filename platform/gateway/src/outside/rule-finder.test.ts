import { anyone, signedIn } from '@sallyport/contracts'
import { expect, it } from 'vitest'
import { createRuleFinder } from './rule-finder.ts'

const finder = createRuleFinder(
  [
    { method: 'GET', path: '/shop/catalogue', access: anyone },
    { method: 'GET', path: '/shop/orders/me', access: anyone },
    { method: 'GET', path: '/shop/orders/:id', access: signedIn },
    { method: 'DELETE', path: '/shop/orders/:id', access: signedIn },
    { method: '*', path: '/shop/orders/:id', access: signedIn },
    { method: 'OPTIONS', path: '/shop/*', access: anyone },
  ],
  ({ method, path }) => ({ method, path }),
)
const find = (method: string, path: string): string | undefined => {
  const found = finder.find(method, path)
  return typeof found === 'object' ? `${found.method} ${found.path}` : found
}

it.each([
  ['GET', '/shop/catalogue', 'GET /shop/catalogue'],
  ['HEAD', '/shop/catalogue', 'GET /shop/catalogue'],
  ['POST', '/shop/catalogue', undefined],
  ['GET', '/shop/orders/7', 'GET /shop/orders/:id'],
  ['DELETE', '/shop/orders/7', 'DELETE /shop/orders/:id'],
  ['PROPFIND', '/shop/orders/7', '* /shop/orders/:id'],
  ['HEAD', '/shop/orders/7', 'GET /shop/orders/:id'],
  ['OPTIONS', '/shop/catalogue', 'OPTIONS /shop/*'],
  ['OPTIONS', '/shop/a/b', 'OPTIONS /shop/*'],
  ['GET', '/shop/elsewhere', undefined],
  ['UNHEARD', '/shop/catalogue', undefined],
])('%s %s is of the rule %s', (method, path, rule) => expect(find(method, path)).toBe(rule))

it.each([
  ['GET', '/shop/catalogue/'],
  ['GET', '/shop/Catalogue'],
  ['HEAD', '/SHOP/CATALOGUE'],
  ['DELETE', '/shop/orders/7/'],
  // It is an order to one reader, and one's own orders to another.
  ['GET', '/shop/orders/ME'],
])('%s %s could be of a rule for who reads it otherwise, so it is of none', (method, path) => {
  expect(find(method, path)).toBe('unclear')
})
