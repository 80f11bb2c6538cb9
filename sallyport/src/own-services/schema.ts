import { Type } from 'typebox'

/*
 * The form of `sallyport.config.ts`. A description says what a value must be: it is read after "must be".
 */

const closed = { additionalProperties: false }
const text = (description: string, pattern?: string) =>
  Type.String({ description, minLength: 1, maxLength: 1000, ...(pattern !== undefined && { pattern }) })
const oneOf = <const T extends string[]>(...values: [...T]) =>
  Type.Enum(values, { description: listed(values.map((value) => `'${value}'`)) })
const texts = (description: string, item: string) => Type.Array(text(item), { description, minItems: 1, maxItems: 100 })

function listed(items: readonly string[]): string {
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
}

export const Access = Type.Union(
  [
    Type.Literal('anyone'),
    Type.Literal('signed-in'),
    Type.Object(
      { roles: Type.Optional(texts('a list of roles', 'a role')), scope: Type.Optional(text('a scope')) },
      { ...closed, minProperties: 1 },
    ),
  ],
  { description: "'anyone', 'signed-in', { roles: ['…'] } or { scope: '…' }" },
)

export const Route = Type.Object(
  {
    method: oneOf('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '*'),
    path: text(
      'a path such as /shop/items/:id or /shop/pictures/*',
      String.raw`^(?:/(?:[\w.~-]+|:\w+))+(?:/\*)?$|^/\*$`,
    ),
    access: Access,
  },
  { ...closed, description: "an object such as { method: 'GET', path: '/shop/catalogue', access: 'anyone' }" },
)

const rates = text('a text such as 100/minute or 80/hour,80/day')

export const Limits = Type.Object(
  {
    perAddress: Type.Optional(rates),
    perAccount: Type.Optional(rates),
    perKey: Type.Optional(rates),
    bodyBytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000_000_000, description: 'a whole number of bytes from 1' }),
    ),
    timeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3600, description: 'a whole number of seconds, 1 to 3600' }),
    ),
  },
  { ...closed, description: 'an object' },
)

const Path = text('a path such as /shop, of letters, digits and - . _ ~', String.raw`^(?:/[\w.~-]+)+$`)

export const OwnService = Type.Object(
  {
    prefix: Path,
    door: Type.Optional(oneOf('public', 'admin')),
    targets: texts('a list of addresses', 'a text'),
    access: Type.Optional(Access),
    routes: Type.Optional(Type.Array(Route, { description: 'a list of routes', maxItems: 1000 })),
    limits: Type.Optional(Limits),
    identity: Type.Optional(oneOf('token', 'headers', 'none')),
    audience: Type.Optional(text('a text')),
    headers: Type.Optional(
      Type.Record(Type.String(), text('the name of a claim'), {
        description: "an object such as { 'X-User': 'username' }",
      }),
    ),
    issuers: Type.Optional(texts('a list of names', 'the name of an issuer')),
    webSockets: Type.Optional(Type.Boolean({ description: 'true or false' })),
    health: Type.Optional(text('a path such as /health', String.raw`^/[^\s#]*$`)),
  },
  { ...closed, description: 'an object' },
)

export const Issuer = Type.Object(
  {
    issuer: text('a text'),
    jwksUrl: text('a text'),
    audience: text('a text'),
    algorithms: Type.Array(oneOf('RS256', 'ES256', 'EdDSA'), {
      description: "a list such as ['RS256']",
      minItems: 1,
    }),
  },
  { ...closed, description: 'an object' },
)

export const Config = Type.Object(
  {
    services: Type.Optional(Type.Record(Type.String(), OwnService, { description: 'an object' })),
    issuers: Type.Optional(Type.Record(Type.String(), Issuer, { description: 'an object' })),
  },
  { ...closed, description: 'an object, exported as default' },
)

/** What is left of a configuration when everything that has not the right form is taken away. */
export const SoundParts = Type.Object({
  services: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Partial(Type.Object({ ...OwnService.properties, routes: Type.Optional(Type.Array(Type.Partial(Route))) })),
    ),
  ),
  issuers: Type.Optional(Type.Record(Type.String(), Type.Partial(Issuer))),
})
