import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { openApiFiles } from '../src/open-api-files.ts'

/* Writes contracts/openapi/ anew: run it (npm run openapi) after a contract has changed. */
for (const { path, content } of openApiFiles()) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
