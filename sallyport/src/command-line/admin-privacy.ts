import type { Command } from 'commander'
import { readSettings } from './read-settings.ts'

const exporting = () => import('../commands/admin-privacy-export.ts')

export function addPrivacy(admin: Command): void {
  const privacy = admin.command('privacy').description('what is held of people, at every service')

  privacy
    .command('export')
    .description('write down everything that is held of somebody, as one JSON bundle')
    .argument('<login>', 'the user name, the e-mail address or the id')
    .option('--output <file>', 'a file that only you may read, in the place of standard output')
    .addHelpText(
      'after',
      `
Every service is in it: account, sign-ins, wallet, collection, auctions, enrollment and pictures, without secrets and without
anybody else. It is read from the databases, so nothing has to run, and it is written into the audit trail. What
docs/privacy.md says of the bundle holds for this one too.

Examples:
  $ npx sallyport admin privacy export ada --output ada.json
  $ npx sallyport admin privacy export ada@example.org | jq .wallet.balances`,
    )
    .action(async (login: string, options: { output?: string }) =>
      (await exporting()).exportPerson(await readSettings(), login, options),
    )
}
