import { type Command, Option } from 'commander'
import type { ExportWishes, ImportWishes } from '../commands/admin-accounts.ts'
import { formats } from '../transfer/format.ts'
import { exportHelp, importHelp } from './admin-accounts-help.ts'
import { readSettings } from './read-settings.ts'

const accountCommands = () => import('../commands/admin-accounts.ts')
const factorCommands = () => import('../commands/admin-factors.ts')

export function addAccounts(admin: Command): void {
  const accounts = admin
    .command('accounts')
    .description('accounts that come from elsewhere and go there, or whose second factors are lost')
  const formatOption = () =>
    new Option('--format <format>', 'told by the ending of the file otherwise').choices(formats)

  accounts
    .command('import')
    .description('make accounts of the lines of a file')
    .argument('<file>', 'the file; - is standard input')
    .addOption(formatOption())
    .option('--dry-run', 'check everything, also against the database, and write nothing')
    .option('--any-password', 'take passwords that nobody could choose here: short ones, and the most common ones')
    .option('--report <file>', 'write down every refused line, its field and the rule, as NDJSON')
    .addHelpText('after', importHelp)
    .action(async (file: string, wishes: ImportWishes) =>
      (await accountCommands()).importFile(await readSettings(), file, wishes),
    )

  accounts
    .command('export')
    .description('write down all accounts, deleted ones included')
    .addOption(formatOption())
    .option('--with-hashes', 'with the hashes of the passwords, which are secrets')
    .option('--output <file>', 'a file that only you may read, in the place of standard output')
    .addHelpText('after', exportHelp)
    .action(async (wishes: ExportWishes) => (await accountCommands()).exportFile(await readSettings(), wishes))

  accounts
    .command('reset-factors')
    .description('remove the second factors of somebody who has lost them, and end their sessions')
    .argument('<name>', 'the user name')
    .action(async (name: string) => (await factorCommands()).resetFactorsOf(await readSettings(), name))
}
