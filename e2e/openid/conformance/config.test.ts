import { describe, expect, it } from 'vitest'
import { callPath, listOf, objectOf } from '../../support/http.ts'
import { issuer } from '../browser.ts'
import { discover } from './relying-party.ts'

/* The module of oidcc-config-certification-test-plan. docs/openid-conformance.md lists them all. */

describe('oidcc-discovery-endpoint-verification', () => {
  it('oidcc-discovery-endpoint-verification: the document is where the issuer says, and names that issuer', async () => {
    const answer = await callPath('public', 'GET', '/oidc/.well-known/openid-configuration')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
    expect(objectOf(answer.body)['issuer']).toBe(issuer().href)
    expect([issuer().search, issuer().hash]).toEqual(['', ''])
  })

  it('oidcc-discovery-endpoint-verification: it says what there is, all that it has to say among it', async () => {
    const metadata = await discover()
    expect(metadata).toMatchObject({
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
      grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
      scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'roles']),
      claims_supported: expect.arrayContaining(['sub', 'preferred_username', 'email', 'email_verified', 'auth_time']),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic', 'client_secret_post']),
      code_challenge_methods_supported: ['S256'],
      claims_parameter_supported: true,
      ui_locales_supported: ['en', 'it'],
    })
    expect(JSON.stringify(metadata['scopes_supported'])).toMatch(/^\["[\w:./-]+"(?:,"[\w:./-]+")*\]$/)
    // Signatures that anybody can make are no signatures.
    expect(JSON.stringify([metadata['id_token_signing_alg_values_supported']])).not.toMatch(/"none"|"HS/)
  })

  it('oidcc-discovery-endpoint-verification: every endpoint is below the issuer, and so as safe as it is', async () => {
    const endpoints = Object.entries(await discover()).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(endpoints.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'authorization_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
        'registration_endpoint',
        'jwks_uri',
      ]),
    )
    for (const [name, url] of endpoints) expect(url, name).toMatch(new RegExp(`^${issuer().href}/`))
  })

  it('oidcc-discovery-endpoint-verification: the keys are public ones, each for signatures and with a name', async () => {
    const { body } = await callPath('public', 'GET', '/oidc/jwks')
    const keys = listOf(objectOf(body)['keys'])
    expect(keys.length).toBeGreaterThan(0)
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
    for (const key of keys) {
      expect(key).toMatchObject({ kty: expect.stringMatching(/^(?:RSA|EC|OKP)$/), use: 'sig', kid: expect.any(String) })
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(secret)
    }
  })
})
