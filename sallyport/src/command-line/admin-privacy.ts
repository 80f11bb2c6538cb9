import type { Command } from 'commander'
import { readSettings } from './read-settings.ts'

const erasing = () => import('../commands/admin-privacy-erase.ts')
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

  privacy
    .command('erase')
    .description('erase somebody at every service; it cannot be undone')
    .argument('<login>', 'the user name, the e-mail address or the id')
    .option('--yes', 'begin it', false)
    .option('--keep-uploads', 'leave the pictures in the pool that they uploaded, as nobody’s', false)
    .addHelpText(
      'after',
      `
The account is closed at once, and each step is done as soon as its service can be reached; Sallyport has to run. What is done
is said on standard error, and in the end the receipt is printed, which says nothing of whom. By the id also somebody can be
erased whose account is gone.

Examples:
  $ npx sallyport admin privacy erase ada --yes > receipt.json
  $ npx sallyport admin privacy receipt verify receipt.json`,
    )
    .action(async (login: string, options: { yes: boolean; keepUploads: boolean }) =>
      (await erasing()).erasePerson(await readSettings(), login, options),
    )

  privacy
    .command('receipt')
    .description('receipts of erasures')
    .command('verify')
    .description('whether a receipt is good, by its seal and by the audit trail; ends with 1 when it is not')
    .argument('<file>', 'the receipt, or the answer it came in, as JSON')
    .action(async (file: string) => (await erasing()).verifyErasureReceipt(await readSettings(), file))
}
