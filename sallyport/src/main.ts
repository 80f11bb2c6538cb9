import { Argument, Command } from 'commander'
import { addClient, listClients, removeClient, rotateClientSecret } from './commands/admin-clients.ts'
import { jobServices, listDeadLetters, retryDeadLetter } from './commands/admin-jobs.ts'
import { verifyMarket } from './commands/admin-market.ts'
import { verifyWallet } from './commands/admin-wallet.ts'
import { migrateEverything } from './commands/migrate.ts'
import { runServe } from './commands/serve.ts'
import { runStart } from './commands/start.ts'
import { isExplained } from './explained-errors.ts'
import { partNames } from './platform.ts'
import { readSettings } from './settings.ts'
import { version } from './version.ts'

const program = new Command('sallyport')
  .description('A self-hosted front door for services: sign-in, tokens, a gateway with two doors, and applications.')
  .version(version)
  .showHelpAfterError('(sallyport --help shows what there is)')
  .addHelpText(
    'after',
    `
Examples:
  $ npx sallyport start                             everything, on http://localhost:8080 and :8180
  $ SALLYPORT_PUBLIC_PORT=80 npx sallyport start    on another port
  $ SALLYPORT_DATA=/srv/sallyport npx sallyport start
  $ DATABASE_URL_WALLET=postgres://… npx sallyport serve wallet

All settings are environment variables: docs/configuration.md lists them.`,
  )

program
  .command('start')
  .description(
    'start everything in one process (this is what no command at all does), with an embedded PostgreSQL unless databases are configured',
  )
  .action(() => runStart(readSettings(process.env)))

program
  .command('serve')
  .description('start one part as a process of its own')
  .addArgument(new Argument('<part>', 'which part').choices(partNames))
  .addHelpText(
    'after',
    `
A part needs its database (DATABASE_URL_<PART>), the addresses of the parts it calls (SALLYPORT_URL_<PART>), and
SALLYPORT_PUBLIC_URL, the same for all. Several processes of one part need a SALLYPORT_INSTANCE each.
All parts share SALLYPORT_DATA, or at least its directory service-keys.

Examples:
  $ SALLYPORT_PORT=9290 DATABASE_URL_WALLET=postgres://… SALLYPORT_URL_IDENTITY=http://127.0.0.1:9090 npx sallyport serve wallet
  $ SALLYPORT_URL_IDENTITY=… SALLYPORT_URL_WALLET=… SALLYPORT_URL_GACHA=… npx sallyport serve gateway`,
  )
  .action(async (part: string) => {
    const known = partNames.find((name) => name === part)
    if (known) await runServe(known, readSettings(process.env))
  })

program
  .command('migrate')
  .description('bring the databases up to date and stop')
  .action(() => migrateEverything(readSettings(process.env)))

const admin = program.command('admin').description('operations, also while Sallyport runs')

admin
  .command('wallet')
  .description('the ledger')
  .command('verify')
  .description('recompute every balance and say what does not match')
  .action(() => verifyWallet(readSettings(process.env)))

admin
  .command('market')
  .description('ledger, collections and auctions together')
  .command('verify')
  .description('look for whatever does not match, within each service and between them')
  .action(() => verifyMarket(readSettings(process.env)))

const jobs = admin.command('jobs').description('what could not be done although it was tried again and again')

jobs
  .command('list')
  .description('list the jobs that used up their attempts, and what auctions cannot be rid of')
  .action(() => listDeadLetters(readSettings(process.env)))

jobs
  .command('retry')
  .description('give a job its attempts back')
  .addArgument(new Argument('<service>', 'whose job').choices(jobServices))
  .argument('<id>', 'the number or id that the list shows')
  .action(async (service: string, id: string) => {
    const known = jobServices.find((name) => name === service)
    if (known) await retryDeadLetter(readSettings(process.env), known, id)
  })

const clients = admin.command('clients').description('programs that people may sign in to, or that act for themselves')

interface ClientOptions {
  readonly redirect: readonly string[]
  readonly afterSignOut: readonly string[]
  readonly tellSignOut?: string
  readonly firstParty: boolean
  readonly public: boolean
}

clients
  .command('add')
  .description('add a client; its secret is shown once')
  .argument('<name>', 'what people see')
  .option('--redirect <address...>', 'where people are sent back to; without any it acts for itself alone', [])
  .option('--after-sign-out <address...>', 'where people may be sent when they have signed out', [])
  .option('--tell-sign-out <address>', 'what is told when somebody signs out (back-channel logout)')
  .option('--first-party', 'it is yours: nobody is asked whether they trust it', false)
  .option('--public', 'it cannot keep a secret: it runs in a browser, on a telephone or a desk', false)
  .action((name: string, options: ClientOptions) =>
    addClient(readSettings(process.env), {
      name,
      firstParty: options.firstParty,
      confidential: !options.public,
      redirectUris: options.redirect,
      postLogoutRedirectUris: options.afterSignOut,
      backchannelLogoutUri: options.tellSignOut,
    }),
  )

clients
  .command('list')
  .description('list all clients')
  .action(() => listClients(readSettings(process.env)))

clients
  .command('rotate-secret')
  .description('make another secret; the one before counts until the next is made')
  .argument('<id>', 'the id that the list shows')
  .action((id: string) => rotateClientSecret(readSettings(process.env), id))

clients
  .command('remove')
  .description('remove a client: nobody signs in to it any more')
  .argument('<id>', 'the id that the list shows')
  .action((id: string) => removeClient(readSettings(process.env), id))

try {
  await program.parseAsync(process.argv.length > 2 ? process.argv : [...process.argv, 'start'])
} catch (error) {
  // What the operator can put right is said in a sentence; anything else is a bug and shown whole.
  process.stderr.write(isExplained(error) ? `sallyport: ${error.message}\n` : `${inspectError(error)}\n`)
  process.exit(1)
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
