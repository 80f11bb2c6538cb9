import { Command } from 'commander'
import { version } from '../version.ts'
import { addAccounts } from './admin-accounts.ts'
import { addAudit } from './admin-audit.ts'
import { addBooks } from './admin-books.ts'
import { addClients } from './admin-clients.ts'
import { addGatewayKeys } from './admin-gateway-keys.ts'
import { addJobs } from './admin-jobs.ts'
import { addKeys } from './admin-keys.ts'
import { addPictures } from './admin-pictures.ts'
import { addPrivacy } from './admin-privacy.ts'
import { addCluster } from './cluster.ts'
import { addStarting } from './start.ts'

/** Everything that can be said on the command line. What a command needs is loaded when it is run. */
export function createProgram(): Command {
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

  addStarting(program)
  addCluster(program)

  const admin = program.command('admin').description('operations, also while Sallyport runs')
  for (const add of [
    addBooks,
    addAccounts,
    addJobs,
    addAudit,
    addKeys,
    addGatewayKeys,
    addPictures,
    addClients,
    addPrivacy,
  ]) {
    add(admin)
  }
  return program
}
