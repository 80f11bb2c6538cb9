import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { PageFile } from '@sallyport/openid'

const content = readFileSync(new URL('browser/passkeys.js', import.meta.url), 'utf8')
const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22)

/** The script of the pages with passkeys: below the issuer, at a path that changes with it. */
export const passkeyScript: PageFile = {
  path: `/files/passkeys-${digest}.js`,
  contentType: 'text/javascript; charset=utf-8',
  content,
}
