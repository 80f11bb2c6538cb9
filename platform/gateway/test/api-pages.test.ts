import { gateway, pictures, type ServiceContract, services } from '@sallyport/contracts'
import { systemClock } from '@sallyport/kernel'
import { createRevocationRelay } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher, signing } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { authentication } from './support.ts'

/** The doors of an installation with these services; what is on them is described and not there. */
async function openPages(contracts: readonly ServiceContract[]) {
  const publishing = await signing.buildPublishing({
    keys: { published: () => [] },
    accountKeys: () => [],
    publicUrl: 'https://gate.test',
    contracts,
    relay: { revocations: createRevocationRelay(systemClock), silentMs: () => 0 },
    authentication,
    log: pino({ level: 'silent' }),
  })
  afterAll(() => publishing.stop())
  const dispatcher = inProcessDispatcher(publishing)
  const dispatchers = new Map([['gateway', dispatcher]])
  return (await openDoors(dispatcher, { contracts: [gateway.gatewayContract], dispatchers })).addresses
}

const addresses = await openPages(services)
const ofNasa = await openPages(pictures.withPictures(services, { mode: 'microservice', uploadLimitBytes: 1 }))

type DoorName = 'public' | 'admin'
const get = (path: string, headers: Record<string, string> = {}, door: DoorName = 'public') =>
  fetch(`${addresses[door]}${path}`, { headers })
const documentAt = async (path: string, door: DoorName = 'public'): Promise<Record<string, Record<string, unknown>>> =>
  JSON.parse(await (await get(path, {}, door)).text())

describe('the pages about the services', () => {
  it('S-6 show the service of pictures as its clients know it at /docs, from /swagger.json', async () => {
    const { info, paths, components } = await documentAt('/swagger.json')
    // S-3 names the header so.
    expect(components?.['securitySchemes']).toMatchObject({
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
    })
    expect(info).toEqual({ title: 'Space Fan Art (SFA)', version: '1.0.0' })
    expect(Object.keys(paths ?? {}).toSorted()).toEqual([
      '/demo-key/api/v1/demo_key',
      '/gdpr/api/v1/gdpr1',
      '/gdpr/api/v1/gdpr2',
      '/pictures/api/v1/download',
      '/pictures/api/v1/upload',
      '/users/api/v1/register',
    ])
    const page = await get('/docs')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await page.text()
    expect(html).toContain('<title>Space Fan Art (SFA)</title>')
    expect(html).toContain('data-document="/swagger.json"')
  })

  it('each show what is at their own door', async () => {
    const open = Object.keys((await documentAt('/docs/identity/openapi.json'))['paths'] ?? {})
    const admin = Object.keys((await documentAt('/admin/docs/identity/openapi.json', 'admin'))['paths'] ?? {})
    expect(open).toContain('/api/auth/token')
    expect(admin).toContain('/admin/api/auth/accounts')
    expect(open.filter((path) => admin.includes(path) || path.startsWith('/internal'))).toEqual([])
    expect((await get('/admin/docs/identity')).status).toBe(404)
    expect((await get('/docs/identity', {}, 'admin')).status).toBe(404)
    expect((await get('/admin/docs/enrollment', {}, 'admin')).status, 'has nothing there').toBe(404)
  })

  it('S-9 show what an operator wants there to be', async () => {
    const asked = await fetch(`${ofNasa.public}/swagger.json`)
    const paths = Object.keys(Object(await asked.json()).paths)
    expect(paths).toContain('/pictures/api/v1/download')
    expect(paths).not.toContain('/pictures/api/v1/upload')
  })

  it('are of nothing that is not there', async () => {
    for (const path of ['/docs/none', '/docs/none/openapi.json', '/docs/__proto__', '/docs/files', '/docs/']) {
      const answer = await get(path)
      expect(answer.status, path).toBe(404)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
  })

  it('let nothing in from elsewhere and nothing that is written into a page', async () => {
    for (const [path, door] of [
      ['/docs', 'public'],
      ['/docs/wallet', 'public'],
      ['/admin/docs', 'admin'],
    ] as const) {
      const page = await get(path, {}, door)
      const policy = page.headers.get('content-security-policy')
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      const html = await page.text()
      expect(html).not.toMatch(/<script>|<style|\son\w+=|https?:/)
    }
  })

  it('are not sent again to who has them', async () => {
    for (const path of ['/docs', '/docs/wallet', '/docs/wallet/openapi.json', '/swagger.json']) {
      const first = await get(path)
      const etag = first.headers.get('etag') ?? ''
      expect([first.status, first.headers.get('cache-control')], path).toEqual([200, 'no-cache'])
      const again = await get(path, { 'if-none-match': etag })
      expect([again.status, await again.text()], path).toEqual([304, ''])
    }
  })

  it('are made of files that may be kept for ever, and whose names say what is in them', async () => {
    const html = await (await get('/docs')).text()
    const files = [...html.matchAll(/(?:href|src)="(\/docs\/files\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(files.map((path) => path.split('/').at(-1))).toEqual([
      'swagger-ui.css',
      'page.css',
      'swagger-ui-bundle.js',
      'page.js',
    ])
    for (const path of files) {
      const answer = await get(path)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(answer.headers.get('content-type')).toMatch(/^text\/(?:css|javascript); charset=utf-8$/)
      expect(String((await answer.arrayBuffer()).byteLength)).toBe(answer.headers.get('content-length'))
    }
    const [first = ''] = files
    for (const path of [
      first.replace(/files\/[^/]+/, 'files/other'),
      first.replace('swagger-ui.css', 'package.json'),
      first.replace('swagger-ui.css', '..%2Fpackage.json'),
    ]) {
      expect((await get(path)).status, path).toBe(404)
    }
  })
})
