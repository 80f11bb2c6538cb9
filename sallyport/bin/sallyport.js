#!/usr/bin/env node
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Node that is too old to run TypeScript would greet with a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 12)) {
  // What was compiled is kept beside the installed packages, where that can be written: the next start takes half as long.
  module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/sallyport', import.meta.url)))
  await import('../src/main.ts')
} else {
  process.stderr.write(
    `Sallyport needs Node 24.12 or newer and this is ${process.versions.node}. ` +
      'Start it with npm (npm start, npx sallyport): that uses the Node that npm ci installed.\n',
  )
  process.exitCode = 1
}
