import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openApiFiles } from './open-api-files.ts'
import { services } from './services.ts'

describe('the OpenAPI documents', () => {
  it.each(openApiFiles())('are what the contracts say: $path', ({ path, content }) => {
    expect(readFileSync(path, 'utf8'), 'run `npm run openapi` and commit the result').toBe(content)
  })

  it('give every operation of a service a name of its own', () => {
    for (const { surfaces } of services) {
      const names = surfaces.flatMap(({ routes }) => routes.map(({ name }) => name))
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('show no password', () => {
    for (const { content } of openApiFiles())
      expect(content).not.toMatch(/"(?:old_|new_)?password":\s*\{\s*"type": "string"\s*\}/)
  })
})
