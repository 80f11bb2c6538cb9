import { describe, expect, it } from 'vitest'
import { relyingPartyOf } from './relying-party.ts'

describe('the relying party', () => {
  it.each([
    ['http://localhost:8080', 'localhost', 'http://localhost:8080'],
    ['https://id.example.org', 'id.example.org', 'https://id.example.org'],
    ['https://id.example.org:8443', 'id.example.org', 'https://id.example.org:8443'],
  ])('of %s is %s', (url, id, origin) => expect(relyingPartyOf(url)).toMatchObject({ id, origin }))

  it.each(['http://127.0.0.1:8080', 'https://[::1]:8080', 'http://id.example.org'])('cannot be %s', (url) =>
    expect(relyingPartyOf(url)).toBeUndefined(),
  )
})
