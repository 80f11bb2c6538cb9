#!/usr/bin/env node
// Node that is too old to run TypeScript would greet with a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 12)) {
  await import('../src/main.ts')
} else {
  process.stderr.write(
    `Sallyport needs Node 24.12 or newer and this is ${process.versions.node}. ` +
      'Start it with npm (npm start, npx sallyport): that uses the Node that npm ci installed.\n',
  )
  process.exitCode = 1
}
