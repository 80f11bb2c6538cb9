import { writeFileSync } from 'node:fs'
import { configurationPage, configurationPagePath } from '../src/configuration-page.ts'

/* Writes docs/configuration.md anew: run it (npm run configuration) after a setting has changed. */
writeFileSync(configurationPagePath, configurationPage())
