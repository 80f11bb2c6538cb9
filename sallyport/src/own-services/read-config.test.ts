import { describe, expect, it } from 'vitest'
import { readConfig } from './read-config.ts'

const shop = { prefix: '/shop', targets: ['http://127.0.0.1:3000'] }

function mistakesIn(config: unknown): string[] {
  const read = readConfig(config)
  return 'config' in read ? [] : read.mistakes.map(({ field, reason }) => `${field}: ${reason}`)
}
const inShop = (fields: object): string[] =>
  mistakesIn({ services: { shop: { ...shop, ...fields } } }).map((mistake) => mistake.replace('services.shop.', ''))

it('takes the least there can be, and all there can be', () => {
  expect(mistakesIn({})).toEqual([])
  expect(mistakesIn({ services: { shop } })).toEqual([])
  const partner = {
    issuer: 'https://id.partner.example',
    jwksUrl: 'https://id.partner.example/jwks.json',
    audience: 'shop',
    algorithms: ['RS256', 'ES256'],
  }
  const whole = {
    ...shop,
    door: 'admin',
    targets: ['http://127.0.0.1:3000', 'https://shop.example:8443/'],
    access: { roles: ['admin'], scope: 'shop:read' },
    routes: [
      { method: 'GET', path: '/shop/catalogue', access: 'anyone' },
      { method: '*', path: '/shop/items/:id', access: 'signed-in' },
      { method: 'OPTIONS', path: '/shop/*', access: 'anyone' },
    ],
    limits: {
      perAddress: '100/minute',
      perAccount: '1000/day',
      perKey: '80/hour,80/day',
      bodyBytes: 5,
      timeoutSeconds: 1,
    },
    identity: 'headers',
    headers: { 'X-User': 'username', 'X-Mail': 'email' },
    issuers: ['sallyport', 'partner'],
    webSockets: true,
    health: '/health?deep=1',
  }
  expect(mistakesIn({ issuers: { partner }, services: { shop: whole } })).toEqual([])
})

describe('a mistake is named with its field and the reason', () => {
  it.each([
    [undefined, ': must be an object, exported as default'],
    [[], ': must be an object, exported as default'],
    [{ service: {} }, 'service: there is no such field; did you mean services?'],
    [{ services: [] }, 'services: must be an object'],
    [{ services: { shop: 'x' } }, 'services.shop: must be an object'],
    [
      { services: { Shop: shop } },
      'services.Shop: must have a name of lower-case letters, digits and dashes, 40 at most',
    ],
    [{ services: { wallet: { ...shop, audience: 'w' } } }, 'services.wallet: is the name of a service of the platform'],
  ])('%j', (config, mistake) => expect(mistakesIn(config)).toEqual([mistake]))

  it.each([
    [{ acess: 'anyone' }, 'acess: there is no such field; did you mean access?'],
    [{ prefix: undefined }, 'prefix: is missing'],
    [{ targets: undefined }, 'targets: is missing'],
    [{ prefix: 'shop' }, 'prefix: must be a path such as /shop, of letters, digits and - . _ ~'],
    [{ prefix: '/' }, 'prefix: must be a path such as /shop, of letters, digits and - . _ ~'],
    [{ prefix: '/shop/' }, 'prefix: must be a path such as /shop, of letters, digits and - . _ ~'],
    [{ prefix: '/shop/..' }, 'prefix: must have no . or .. in it'],
    [{ door: 'back' }, "door: must be 'public' or 'admin'"],
    [{ targets: [] }, 'targets: must be a list of addresses'],
    [{ targets: 'http://a' }, 'targets: must be a list of addresses'],
    [{ targets: ['http://a', 3] }, 'targets[1]: must be a text'],
    [{ targets: ['http://a', 'localhost:3000'] }, 'targets[1]: is no http(s) address'],
    [{ targets: ['ftp://a'] }, 'targets[0]: is no http(s) address'],
    [{ targets: ['http://ada:secret@a'] }, 'targets[0]: must have no user name and no password in it'],
    [
      { targets: ['http://a/shop'] },
      'targets[0]: must have no path: the service gets the path that the client asked for',
    ],
    [{ targets: ['http://a?x=1'] }, 'targets[0]: must have no query in it'],
    [{ targets: ['http://a', 'http://b', 'http://A:80/'] }, 'targets[2]: is the same as targets[0]'],
    [{ access: 'everyone' }, "access: must be 'anyone', 'signed-in', { roles: ['…'] } or { scope: '…' }"],
    [{ access: {} }, "access: must be 'anyone', 'signed-in', { roles: ['…'] } or { scope: '…' }"],
    [{ access: { role: 'admin' } }, "access: must be 'anyone', 'signed-in', { roles: ['…'] } or { scope: '…' }"],
    [
      { access: { scope: 'wallet:read' } },
      'access.scope: wallet:read is a scope of the platform: a key for that would be good for this as well',
    ],
    [
      { access: { scope: 'impersonate' } },
      'access.scope: impersonate is a scope of the platform: a key for that would be good for this as well',
    ],
    [
      { access: { scope: 'a b' } },
      'access.scope: must be a name such as shop:read, of letters, digits and - . _ with colons between them',
    ],
    [{ routes: {} }, 'routes: must be a list of routes'],
    [{ routes: [{ method: 'GET', path: '/shop/x' }] }, 'routes[0].access: is missing'],
    [
      { routes: [{ method: 'GTE', path: '/shop/x', access: 'anyone' }] },
      "routes[0].method: must be 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS' or '*'",
    ],
    [
      { routes: [{ method: 'GET', path: '/shop/x?y', access: 'anyone' }] },
      'routes[0].path: must be a path such as /shop/items/:id or /shop/pictures/*',
    ],
    [
      { routes: [{ method: 'GET', path: '/shopping', access: 'anyone' }] },
      'routes[0].path: is not below /shop, so nobody gets there',
    ],
    [
      { routes: [{ method: 'GET', path: '/shop/../x', access: 'anyone' }] },
      'routes[0].path: must have no . or .. in it',
    ],
    [
      {
        routes: [
          { method: 'GET', path: '/shop/items/:id', access: 'anyone' },
          { method: 'GET', path: '/shop/Items/:name', access: 'anyone' },
        ],
      },
      'routes[1]: GET /shop/Items/:name is there already, as routes[0]',
    ],
    [{ limits: { perAddress: '100' } }, 'limits.perAddress: must be like 100/minute or 80/hour,80/day'],
    [{ limits: { perAccount: 'none' } }, 'limits.perAccount: must be like 100/minute or 80/hour,80/day'],
    [
      { limits: { perKey: '1/day' } },
      'limits.perKey: concerns nobody: API keys get in only where access names a scope',
    ],
    [{ limits: { perAddres: '1/day' } }, 'limits.perAddres: there is no such field; did you mean perAddress?'],
    [{ limits: { bodyBytes: 0 } }, 'limits.bodyBytes: must be a whole number of bytes from 1'],
    [{ limits: { timeoutSeconds: 0.5 } }, 'limits.timeoutSeconds: must be a whole number of seconds, 1 to 3600'],
    [{ identity: 'tokens' }, "identity: must be 'token', 'headers' or 'none'"],
    [{ identity: 'headers' }, "headers: must name a header, because identity is 'headers': { 'X-User': 'username' }"],
    [{ headers: { 'X-User': 'username' } }, "headers: is for identity 'headers', not 'token'"],
    [{ identity: 'none', audience: 'x' }, "audience: is for identity 'token', not 'none'"],
    [{ audience: 'sallyport' }, "audience: sallyport is the platform's own: its services would take such a token"],
    [{ audience: 'wallet' }, "audience: wallet is the platform's own: its services would take such a token"],
    [
      { identity: 'headers', headers: { X_User: 'username' } },
      'headers.X_User: must be a name of letters, digits and dashes, such as X-User',
    ],
    [
      { identity: 'headers', headers: { 'X-Forwarded-User': 'username' } },
      'headers.X-Forwarded-User: means something else to HTTP or to the gateway; take a name such as X-User',
    ],
    [{ identity: 'headers', headers: { 'X-User': 'username', 'x-user': 'sub' } }, 'headers.x-user: is there twice'],
    [
      { identity: 'headers', headers: { 'X-User': 'usernam' } },
      'headers.X-User: there is no claim usernam; did you mean username?',
    ],
    [{ issuers: ['partner'] }, 'issuers[0]: there is no issuer partner; there is sallyport'],
    [{ issuers: ['sallyport', 'sallyport'] }, 'issuers[1]: is there twice'],
    [{ webSockets: 'yes' }, 'webSockets: must be true or false'],
    [{ health: 'health' }, 'health: must be a path such as /health'],
  ])('services.shop with %j', (fields, mistake) => expect(inShop(fields)).toEqual([mistake]))

  it.each([
    '/api',
    '/API/x',
    '/authy',
    '/oidc/x',
    '/v1',
    '/admin',
    '/health',
    '/metrics',
    '/.well-known',
    '/internal',
    '/docs',
  ])('a prefix that the platform has itself: %s', (prefix) =>
    expect(inShop({ prefix })).toEqual([
      expect.stringMatching(/^prefix: \/\S+ is the platform's own, as are \/\.well-known, \/admin, \/api, /),
    ]),
  )

  it.each([
    ['/shop', 'is that of services.shop too'],
    ['/Shop', 'is that of services.shop too'],
    ['/shop/x', 'is below /shop of services.shop'],
  ])('a prefix that meets another: %s', (prefix, reason) => {
    const other = { ...shop, prefix }
    expect(mistakesIn({ services: { shop, other } })).toEqual([`services.other.prefix: ${reason}`])
    expect(mistakesIn({ services: { shop, other: { ...other, door: 'admin' } } })).toEqual([])
  })

  it('an audience that two services share', () => {
    expect(mistakesIn({ services: { shop, other: { ...shop, prefix: '/other', audience: 'shop' } } })).toEqual([
      'services.other.audience: shop is that of services.shop too: a token for one would be good at the other',
    ])
  })

  it.each([
    ['sallyport', {}, 'issuers.sallyport: is Sallyport itself, which needs no entry'],
    [
      'partner',
      { jwksUrl: 'http://id.example' },
      'issuers.partner.jwksUrl: must be an https address, unless it is on this machine',
    ],
    ['partner', { jwksUrl: 'id.example' }, 'issuers.partner.jwksUrl: is no https address'],
    ['partner', { audience: 'sallyport' }, 'issuers.partner.audience: sallyport is what tokens of Sallyport are for'],
    ['partner', { algorithms: ['HS256'] }, "issuers.partner.algorithms[0]: must be 'RS256', 'ES256' or 'EdDSA'"],
    ['partner', { algorithms: [] }, "issuers.partner.algorithms: must be a list such as ['RS256']"],
  ])('an issuer %s with %j', (name, fields, mistake) => {
    const issuer = { issuer: 'https://i', jwksUrl: 'http://127.0.0.1/keys', audience: 'shop', algorithms: ['RS256'] }
    expect(mistakesIn({ issuers: { [name]: { ...issuer, ...fields } } })).toEqual([mistake])
  })
})

it('all mistakes are named at once, wherever they are', () => {
  const config = {
    issuer: {},
    services: {
      shop: {
        prefix: '/api/shop',
        targets: ['x', 'http://a/b'],
        acces: 'anyone',
        limits: { bodyBytes: -1, perKey: 'x' },
      },
      other: { ...shop, routes: [{ method: 'GET', access: 'x' }, 3], issuers: ['partner'] },
    },
  }
  expect(mistakesIn(config)).toEqual([
    'issuer: there is no such field; did you mean issuers?',
    'services.shop.acces: there is no such field; did you mean access?',
    'services.shop.limits.bodyBytes: must be a whole number of bytes from 1',
    'services.other.routes[0].path: is missing',
    "services.other.routes[0].access: must be 'anyone', 'signed-in', { roles: ['…'] } or { scope: '…' }",
    "services.other.routes[1]: must be an object such as { method: 'GET', path: '/shop/catalogue', access: 'anyone' }",
    expect.stringContaining("services.shop.prefix: /api is the platform's own, as are "),
    'services.shop.targets[0]: is no http(s) address',
    'services.shop.targets[1]: must have no path: the service gets the path that the client asked for',
    'services.shop.limits.perKey: must be like 100/minute or 80/hour,80/day',
    'services.shop.limits.perKey: concerns nobody: API keys get in only where access names a scope',
    'services.other.issuers[0]: there is no issuer partner; there is sallyport',
  ])
})
