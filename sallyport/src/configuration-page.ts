import { fileURLToPath } from 'node:url'
import { allSettings } from './settings/declarations.ts'

/** Where the page about the settings lies. */
export const configurationPagePath = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url))

/** The page about the settings, made of their declarations. */
export function configurationPage(): string {
  const rows = Object.entries(allSettings).map(([name, { desc = '', default: fallback, example }]) => {
    const shown = fallback === undefined || String(fallback) === '' ? '' : `\`${String(fallback)}\``
    const meaning = example === undefined ? desc : `${desc} For example \`${example}\`.`
    return `| \`${name}\` | ${meaning} | ${shown} |`
  })
  return `# Configuration

Every setting is an environment variable. This page is generated from the code that reads them
(\`npm run configuration\`); a test fails when it is out of date.

| setting | meaning | default |
|---|---|---|
${rows.join('\n')}

A setting that is not what it should be ends the start with a message that names the setting and never shows its value.

## The data directory

| file | what it is |
|---|---|
| \`addresses.json\` | where the doors are, while they answer; of a cluster every process, with its id |
| \`cluster.json\` | where a cluster takes orders, while it runs |
| \`first-administrator\` | the first administrator with the password that was made up; remove it once you have changed the password |
| \`master.key\` | encrypts the signing keys in identity's database: keep a copy in a safe place, away from the database's backups |
| \`tls/\` | the certificate authority for development and what it issued: [tls.md](tls.md) |
| \`gateway-keys/\` | what the gateway signs with, unless \`SALLYPORT_GATEWAY_KEYS\` names another directory |
| \`mailbox/\` | letters, where no mail server is named |
| \`pictures/\` | the files of the pool |
| \`service-keys/\` | with these the services prove to one another who they are |
| \`postgres/\`, \`postgres.log\`, \`socket/\`, \`owner\` | the embedded PostgreSQL |
| \`secondary-1/\`, \`secondary-1.log\` and so on | its standbys |
| \`postgres-id\` | only where PostgreSQL could not use this directory: names its home below \`/var/lib/sallyport\` |

PostgreSQL does not run as root. When Sallyport is started by root, PostgreSQL runs as the system user \`sallyport\`, which is
made if need be. If that user cannot enter the checkout or the data directory (below \`/root\`, for example), the database lies in
\`/var/lib/sallyport\` instead, and the start says so. Removing the data directory then leaves the database there.
`
}
