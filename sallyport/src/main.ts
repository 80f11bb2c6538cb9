import { type Head, parseHead } from '@sallyport/identity'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { exportFile, type ExportWishes, importFile, type ImportWishes } from './commands/admin-accounts.ts'
import { exportHelp, importHelp } from './commands/admin-accounts-help.ts'
import { tailAudit, type TailOptions } from './commands/admin-audit-tail.ts'
import { verifyAuditTrail } from './commands/admin-audit-verify.ts'
import { resetFactorsOf } from './commands/admin-factors.ts'
import { addClient, listClients, removeClient, rotateClientSecret } from './commands/admin-clients.ts'
import { listGatewayKeys, makeGatewayKeys } from './commands/admin-gateway-keys.ts'
import { jobServices, listDeadLetters, retryDeadLetter } from './commands/admin-jobs.ts'
import { listKeys, revokeKey, rotateKeys } from './commands/admin-keys.ts'
import { verifyMarket } from './commands/admin-market.ts'
import {
  decidePicture,
  importPictures,
  listPicturesOf,
  pictureStates,
  seedPictures,
} from './commands/admin-pictures.ts'
import { verifyWallet } from './commands/admin-wallet.ts'
import { checkConfig } from './commands/check-config.ts'
import { moveMember, runCluster, showCluster } from './commands/cluster.ts'
import { readInstances } from './cluster/instances.ts'
import { usualStandbys } from './cluster/plan.ts'
import { actions } from './cluster/control.ts'
import { migrateEverything } from './commands/migrate.ts'
import { runServe } from './commands/serve.ts'
import { runStart } from './commands/start.ts'
import { isExplained } from './explained-errors.ts'
import { partNames } from './settings/parts.ts'
import { readSettings } from './settings/settings.ts'
import { formats } from './transfer/formats.ts'
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
SALLYPORT_PUBLIC_URL, the same for all. All call identity but enrollment, which calls the gateway alone.
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
    if (known) await runServe(known, readSettings(process.env))
  })

const cluster = program
  .command('cluster')
  .description(
    'start every part as a process of its own, with a PostgreSQL that has standbys; Ctrl-C stops all of them',
  )
  .option('--instances <part=number...>', 'how often a part runs, such as gacha=2; enrollment runs three times', [])
  .option('--standbys <number>', 'how many standbys the embedded PostgreSQL has; SALLYPORT_STANDBYS or 2', readCount)
  .addHelpText(
    'after',
    `
Each process can be stopped and started alone, from another terminal with the same SALLYPORT_DATA; one that ends by itself
is started again. addresses.json in the data directory says where each of them is, and its process id. With DATABASE_URL_<PART>
for every part (and DATABASE_URL_IDENTITY_REPLICAS) nothing embedded is started.

Examples:
  $ npx sallyport cluster
  $ SALLYPORT_DATA=./.cluster SALLYPORT_PUBLIC_PORT=9080 SALLYPORT_ADMIN_PORT=9180 npx sallyport cluster
  $ npx sallyport cluster status
  $ npx sallyport cluster stop enrollment.2`,
  )
  .action(({ instances, standbys }: { instances: readonly string[]; standbys?: number }) => {
    const settings = readSettings(process.env)
    return runCluster(settings, {
      instances: readInstances(instances),
      standbys: standbys ?? (settings.standbys || usualStandbys),
    })
  })

cluster
  .command('status')
  .description('how each process of the cluster is')
  .option('--json', 'as JSON', false)
  .action((options: { json: boolean }) => showCluster(readSettings(process.env), options))

for (const action of actions) {
  cluster
    .command(action)
    .description(`${action} one process of the cluster, and wait until it is done`)
    .argument('<name>', 'such as enrollment.2, identity or secondary-1')
    .action((name: string) => moveMember(readSettings(process.env), action, name))
}

program
  .command('migrate')
  .description('bring the databases up to date and stop')
  .action(() => migrateEverything(readSettings(process.env)))

program
  .command('check-config')
  .description(
    'read sallyport.config.ts (or SALLYPORT_CONFIG) and say what it puts behind the doors, or what is wrong with it',
  )
  .action(() => checkConfig(readSettings(process.env)))

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

const accounts = admin
  .command('accounts')
  .description('accounts that come from elsewhere and go there, or whose second factors are lost')
const formatOption = () => new Option('--format <format>', 'told by the ending of the file otherwise').choices(formats)

accounts
  .command('import')
  .description('make accounts of the lines of a file')
  .argument('<file>', 'the file; - is standard input')
  .addOption(formatOption())
  .option('--dry-run', 'check everything, also against the database, and write nothing')
  .option('--any-password', 'take passwords that nobody could choose here: short ones, and the most common ones')
  .option('--report <file>', 'write down every refused line, its field and the rule, as NDJSON')
  .addHelpText('after', importHelp)
  .action((file: string, wishes: ImportWishes) => importFile(readSettings(process.env), file, wishes))

accounts
  .command('export')
  .description('write down all accounts, deleted ones included')
  .addOption(formatOption())
  .option('--with-hashes', 'with the hashes of the passwords, which are secrets')
  .option('--output <file>', 'a file that only you may read, in the place of standard output')
  .addHelpText('after', exportHelp)
  .action((wishes: ExportWishes) => exportFile(readSettings(process.env), wishes))

accounts
  .command('reset-factors')
  .description('remove the second factors of somebody who has lost them, and end their sessions')
  .argument('<name>', 'the user name')
  .action((name: string) => resetFactorsOf(readSettings(process.env), name))

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

const audit = admin.command('audit').description('the trail of what happened to accounts and roles')

audit
  .command('verify')
  .description('recompute the chain of the trail and say where it was changed; ends with 1 when it was')
  .option('--head <sequence:mac>', 'a head that was noted down earlier: whether it is still in the chain', readHead)
  .addHelpText(
    'after',
    `
What it prints last is the head of the chain. Keep it somewhere else: whoever has the database could cut off the end of the
trail, and only somebody who knows an earlier head would notice.

Examples:
  $ npx sallyport admin audit verify
  $ npx sallyport admin audit verify --head 4711:09f3…`,
  )
  .action(({ head }: { head?: Head }) => verifyAuditTrail(readSettings(process.env), head))

audit
  .command('tail')
  .description('show the newest events of the trail, one on each line')
  .option('-n, --lines <number>', 'how many', readCount, 20)
  .option('-f, --follow', 'go on with what happens, until Ctrl-C')
  .option('-k, --kind <kind>', 'only events of this kind, such as sign-in.refused')
  .option('-a, --account <account>', 'only what this account (its id or its user name) did, or what happened to it')
  .option('--json', 'as one JSON object on each line')
  .addHelpText(
    'after',
    `
Examples:
  $ npx sallyport admin audit tail --follow
  $ npx sallyport admin audit tail -n 100 --kind sign-in.refused
  $ npx sallyport admin audit tail --account ada --json | jq -r .address`,
  )
  .action((options: TailOptions) => tailAudit(readSettings(process.env), options))

function readHead(text: string): Head {
  const head = parseHead(text)
  if (!head) throw new InvalidArgumentError('it has to be SEQUENCE:MAC, as verify printed it')
  return head
}

function readCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it has to be a whole number up to 9999')
  return Number(text)
}
const keys = admin.command('keys').description('the keys that tokens are signed with')

keys
  .command('list')
  .description('list every key: next, signing, verifying, retired or revoked, and since or until when')
  .action(() => listKeys(readSettings(process.env)))

keys
  .command('rotate')
  .description('make another key, which takes over once everybody had the time to hear of it')
  .option('--now', 'it takes over in two seconds; also one that waits already')
  .addHelpText(
    'after',
    `
A key is published for six minutes before it signs, since verifiers may keep the keys for five. What the key before it
signed stays valid until it expires. Sallyport's own parts hear of a new key within two seconds; a verifier of your own
that meets an unknown key id after --now has to ask for the keys again. New keys are of SALLYPORT_TOKEN_ALGORITHM.`,
  )
  .action(({ now = false }: { now?: boolean }) => rotateKeys(readSettings(process.env), { hurry: now }))

keys
  .command('revoke')
  .description('end every token that a key signed, and the key, because it may be known to others')
  .argument('<kid>', 'the id that the list shows')
  .option('--rotate', 'have another key sign at once, when this is the one that signs')
  .addHelpText(
    'after',
    `
Within seconds the tokens of this key meet 401 everywhere: who has one signs in again. When another key waits to take
over it does so at once, and --rotate is not needed.`,
  )
  .action((kid: string, { rotate = false }: { rotate?: boolean }) =>
    revokeKey(readSettings(process.env), kid, { rotate }),
  )
const gatewayKeys = admin
  .command('gateway-keys')
  .description('the keys that the gateway signs with under names of its own')

gatewayKeys
  .command('make')
  .description('make keys of these ids; what is there already stays')
  .argument('<kid...>', 'an id for each, such as 2027-a', readKeyIds)
  .addHelpText(
    'after',
    `
The keys are added to private.json and public.json in SALLYPORT_GATEWAY_KEYS (gateway-keys in the data directory). A gateway
that runs publishes them within seconds. The first key of private.json signs, unless SALLYPORT_GATEWAY_SIGNING_KEY names
another; verifiers may keep the published keys for five minutes, so let a new key be known for longer before it signs.

Examples:
  $ npx sallyport admin gateway-keys make 2027-a
  $ npx sallyport admin gateway-keys make first second third`,
  )
  .action((kids: string[]) => makeGatewayKeys(readSettings(process.env), kids))

gatewayKeys
  .command('list')
  .description('list every key: signing, can sign, or verifying only')
  .action(() => listGatewayKeys(readSettings(process.env)))

function readKeyIds(kid: string, before: string[] = []): string[] {
  if (!/^[\w.~-]{1,100}$/.test(kid))
    throw new InvalidArgumentError('an id has letters, digits, . _ ~ and - , at most 100')
  return [...before, kid]
}

const pictures = admin.command('pictures').description('the pool of pictures')

pictures
  .command('list')
  .description('list pictures of a state, oldest first: id, date, file, who sent it, title')
  .addArgument(new Argument('[state]', 'which').choices(pictureStates).default('pending'))
  .action(async (state: string) => {
    const known = pictureStates.find((name) => name === state)
    if (known) await listPicturesOf(readSettings(process.env), known)
  })

pictures
  .command('accept')
  .description('let a picture into the pool')
  .argument('<id>', 'the id that the list shows')
  .action((id: string) => decidePicture(readSettings(process.env), id, 'accepted'))

pictures
  .command('refuse')
  .description('keep a picture out of the pool, or take it out')
  .argument('<id>', 'the id that the list shows')
  .action((id: string) => decidePicture(readSettings(process.env), id, 'refused'))

pictures
  .command('seed')
  .description('draw pictures of skies that do not exist into the pool')
  .option('--count <number>', 'how many', readCount, 60)
  .action(({ count }: { count: number }) => seedPictures(readSettings(process.env), count))

pictures
  .command('import')
  .description('put pictures of your own into the pool')
  .argument('<source>', 'a folder of pictures, or an NDJSON file that describes one on each line')
  .addHelpText(
    'after',
    `
A line has file (seen from where the lines are), title, explanation, date (YYYY-MM-DD) and, if need be, copyright. Pictures
of a folder are called as their files are and have today's date. What is refused is named, and the rest goes in.`,
  )
  .action((source: string) => importPictures(readSettings(process.env), source))

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
