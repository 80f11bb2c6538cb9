import type { Command } from 'commander'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/admin-clients.ts')

interface ClientOptions {
  readonly redirect: readonly string[]
  readonly afterSignOut: readonly string[]
  readonly tellSignOut?: string
  readonly firstParty: boolean
  readonly public: boolean
}

export function addClients(admin: Command): void {
  const clients = admin
    .command('clients')
    .description('programs that people may sign in to, or that act for themselves')

  clients
    .command('add')
    .description('add a client; its secret is shown once')
    .argument('<name>', 'what people see')
    .option('--redirect <address...>', 'where people are sent back to; without any it acts for itself alone', [])
    .option('--after-sign-out <address...>', 'where people may be sent when they have signed out', [])
    .option('--tell-sign-out <address>', 'what is told when somebody signs out (back-channel logout)')
    .option('--first-party', 'it is yours: nobody is asked whether they trust it', false)
    .option('--public', 'it cannot keep a secret: it runs in a browser, on a telephone or a desk', false)
    .action(async (name: string, options: ClientOptions) =>
      (await commands()).addClient(await readSettings(), {
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
    .action(async () => (await commands()).listClients(await readSettings()))

  clients
    .command('rotate-secret')
    .description('make another secret; the one before counts until the next is made')
    .argument('<id>', 'the id that the list shows')
    .action(async (id: string) => (await commands()).rotateClientSecret(await readSettings(), id))

  clients
    .command('remove')
    .description('remove a client: nobody signs in to it any more')
    .argument('<id>', 'the id that the list shows')
    .action(async (id: string) => (await commands()).removeClient(await readSettings(), id))
}
