import { Argument, type Command } from 'commander'
import { partNames } from '../settings/parts.ts'
import { readSettings } from './read-settings.ts'

const configCommand = () => import('../commands/check-config.ts')
const migration = () => import('../commands/migrate.ts')
const serving = () => import('../commands/serve.ts')
const starting = () => import('../commands/start.ts')

export function addStarting(program: Command): void {
  program
    .command('start')
    .description(
      'start everything in one process (this is what no command at all does), with an embedded PostgreSQL unless databases are configured',
    )
    .action(async () => (await starting()).runStart(await readSettings()))

  program
    .command('serve')
    .description('start one part as a process of its own')
    .addArgument(new Argument('<part>', 'which part').choices(partNames))
    .addHelpText(
      'after',
      `
A part needs its database (DATABASE_URL_<PART>), the addresses of the parts it calls (SALLYPORT_URL_<PART>), and
SALLYPORT_PUBLIC_URL, the same for all. All call identity but enrollment, which calls the gateway alone; identity calls all
other services.
Several processes of one part need a SALLYPORT_INSTANCE each.
All parts share SALLYPORT_DATA, or at least its directory service-keys.

Examples:
  $ export SALLYPORT_PUBLIC_URL=https://play.example.org SALLYPORT_URL_IDENTITY=http://127.0.0.1:9090
  $ SALLYPORT_PORT=9290 DATABASE_URL_WALLET=postgres://… npx sallyport serve wallet
  $ DATABASE_URL_GATEWAY=… SALLYPORT_URL_WALLET=… SALLYPORT_URL_GACHA=… SALLYPORT_URL_AUCTION=… \\
      SALLYPORT_URL_ENROLLMENT=… SALLYPORT_URL_PICTURES=… npx sallyport serve gateway`,
    )
    .action(async (part: string) => {
      const known = partNames.find((name) => name === part)
      if (known) await (await serving()).runServe(known, await readSettings())
    })

  program
    .command('migrate')
    .description('bring the databases up to date and stop')
    .action(async () => (await migration()).migrateEverything(await readSettings()))

  program
    .command('check-config')
    .description(
      'read sallyport.config.ts (or SALLYPORT_CONFIG) and say what it puts behind the doors, or what is wrong with it',
    )
    .action(async () => (await configCommand()).checkConfig(await readSettings()))
}
