import { describe, expect, it } from 'vitest'
import type { Door } from './route.ts'
import { services } from './services.ts'

const routes = services.flatMap(({ name, surfaces }) =>
  surfaces.flatMap((surface) => surface.routes.map((route) => ({ service: name, surface, route }))),
)

describe('the contracts', () => {
  it('declare a method and a path only once', () => {
    const declared = routes.map(({ route }) => `${route.door} ${route.method} ${route.path}`)
    expect(new Set(declared).size).toBe(declared.length)
  })

  it.each(['public', 'admin', 'internal'] satisfies Door[])(
    'keep every route of the %s door under its prefix',
    (door) => {
      for (const { surface, route } of routes.filter(({ route }) => route.door === door)) {
        expect(`${route.path}/`.startsWith(`${surface.prefixes[door]}/`), route.path).toBe(true)
      }
    },
  )

  it('put nothing for administrators on the public door', () => {
    for (const { route } of routes.filter(({ route }) => route.door === 'public')) {
      expect(route.access.who === 'account' && route.access.role === 'admin', route.path).toBe(false)
      expect(route.path).not.toMatch(/^\/admin|^\/internal/)
    }
  })

  it('open internal routes to named services alone', () => {
    for (const { route } of routes.filter(({ route }) => route.door === 'internal')) {
      expect(route.access.who, route.path).toBe('service')
    }
  })

  it('have words for everybody who may be refused', () => {
    for (const { surface, route } of routes) {
      if (route.access.who === 'account' || route.access.who === 'service') {
        const needed =
          route.access.who === 'service' || route.access.role !== undefined || route.access.self !== undefined
        if (needed) expect(surface.forbidden[route.door], `${surface.name} ${route.name}`).toBeDefined()
      }
    }
  })

  it('E-34 sign members that the answer with 200 always has, and nothing of an upgrade', () => {
    for (const { signs, replies, upgrade, path } of routes.map(({ route }) => route)) {
      if (!signs) continue
      const required: unknown = Reflect.get(Object(replies[200]), 'required')
      expect(required, path).toEqual(expect.arrayContaining([...signs.members]))
      expect(upgrade, path).toBeUndefined()
    }
  })

  it('E-46 tell upstreams of callers only where the door knows them', () => {
    const telling = services.flatMap(({ name, surfaces }) =>
      surfaces.filter((surface) => surface.claimHeaders === true).map(({ decidedBy }) => `${name} ${decidedBy}`),
    )
    expect(new Set(telling)).toEqual(new Set(['enrollment door']))
  })

  it('S-F14 let pages of any origin read with a key, and nothing else', () => {
    const open = routes.map(({ route }) => route).filter(({ anyOrigin }) => anyOrigin === true)
    expect(open.length).toBeGreaterThan(0)
    for (const { name, method, door, access } of open) {
      expect([method, door, access.who === 'account' && access.scope], name).toEqual([
        'GET',
        'public',
        'pictures:download',
      ])
    }
  })

  it('name the parameters of a path in its schema, and no others', () => {
    for (const { route } of routes) {
      const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
      expect(Object.keys(route.params?.properties ?? {}).toSorted()).toEqual(inPath.toSorted())
    }
  })
})
