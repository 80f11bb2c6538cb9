import { beforeEach, describe, expect, inject, it } from 'vitest'
import { type Answer, callPath, objectOf, textOf } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'

const download = '/pictures/api/v1/download'
const upload = '/pictures/api/v1/upload'
/** The smallest PNG: one pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let ada: Player
beforeEach(async () => {
  ada = await registerPlayer()
})

async function newKey(...scopes: string[]): Promise<string> {
  const json = { name: 'pictures', scopes }
  const answer = await callPath('public', 'POST', '/v1/account/api-keys', { token: ada.token, json })
  expect(answer.status, answer.text).toBe(201)
  return textOf(answer, 'key')
}
const ask = (key: string, path = download): Promise<Answer> =>
  callPath('public', 'GET', path, { headers: { 'X-API-KEY': key } })

async function send(key: string, fields: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>) {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    body.append(name, typeof value === 'string' ? value : new Blob([value]))
  }
  const answer = await fetch(inject('sallyportAddresses').public + upload, {
    method: 'POST',
    body,
    headers: { 'X-API-KEY': key },
  })
  const content: unknown = await answer.json()
  return { status: answer.status, body: content }
}
const whole = { title: 'One pixel', explanation: 'Far away.', date: '20260704', file: new Uint8Array(png) }

describe('the pictures service', () => {
  it.each([download, '/Pictures/api/v1/download', '/PICTURES/API/V1/DOWNLOAD'])(
    'S-2a S-3 S-11 S-22 S-54 hands out a picture at %s to whoever has a key',
    async (path) => {
      const answer = await ask(await newKey('pictures:download'), path)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringMatching(/^image\//),
        'content-disposition': expect.stringMatching(/^attachment; filename=/),
        'x-content-type-options': 'nosniff',
      })
    },
  )

  it('S-2b S-24 S-4b refuses without a key, and with one that is none', async () => {
    const missing = await callPath('public', 'GET', download)
    const wrong = await ask('x'.repeat(40))
    for (const answer of [missing, wrong]) {
      expect([answer.status, objectOf(answer.body)]).toEqual([401, { Info: expect.any(String) }])
    }
    expect(missing.text).not.toBe(wrong.text)
  })

  it('S-26 refuses an upload with a key that is for downloads alone', async () => {
    expect(await send(await newKey('pictures:download'), whole)).toEqual({
      status: 401,
      body: { Info: expect.any(String) },
    })
  })

  it('S-12 S-31 S-33 takes a picture, and S-32 neither one with a bad date nor one without a title', async () => {
    const key = await newKey('pictures:upload', 'pictures:download')
    expect(await send(key, whole)).toEqual({ status: 201, body: { Info: expect.any(String) } })
    expect(await send(key, { ...whole, date: '20260230' })).toMatchObject({
      status: 422,
      body: { 'Error:': expect.any(String), Error: expect.any(String), code: 'invalid-date' },
    })
    const { title: _, ...others } = whole
    expect(await send(key, others)).toMatchObject({ status: 400, body: { errors: { title: 'is needed' } } })
    const listed = await ask(key, '/v1/pictures?from=2026-07-04&to=2026-07-04')
    // Others may have sent pictures of the same day.
    const sent = expect.objectContaining({ title: 'One pixel', width: 1, height: 1 })
    expect(listed.body).toMatchObject({ items: expect.arrayContaining([sent]) })
  })

  it('S-F7 refuses a body that is too large at the door', async () => {
    const key = await newKey('pictures:upload')
    const refused = await callPath('public', 'POST', upload, {
      headers: { 'X-API-KEY': key },
      contentType: 'multipart/form-data; boundary=x',
      rawBody: new Uint8Array(11 * 1024 * 1024),
    })
    expect([refused.status, objectOf(refused.body)['code']]).toEqual([413, 'too-large'])
  })

  it('S-4 answers in its words what it does not have', async () => {
    expect((await callPath('public', 'GET', '/pictures/api/v1/nowhere')).body).toEqual({ Info: expect.any(String) })
    expect((await callPath('public', 'PUT', '/Pictures/api/v1/download')).status).toBe(405)
  })

  it('S-46 S-47 S-49 S-5 refuses the 81st call of a key, whatever was called', async () => {
    const key = await newKey('pictures:download')
    for (let call = 0; call < 80; call += 1) {
      expect((await ask(key, call % 2 === 0 ? download : '/v1/pictures?limit=1')).status).toBe(200)
    }
    const refused = await ask(key)
    expect([refused.status, refused.body]).toEqual([429, { message: expect.any(String) }])
    expect(refused.headers).toMatchObject({
      'x-ratelimit-limit': '80',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
      'retry-after': expect.stringMatching(/^\d+$/),
    })
  })
})
