import type { Command } from 'commander'
import { readSettings } from './read-settings.ts'

const marketCommands = () => import('../commands/admin-market.ts')
const walletCommands = () => import('../commands/admin-wallet.ts')

export function addBooks(admin: Command): void {
  admin
    .command('wallet')
    .description('the ledger')
    .command('verify')
    .description('recompute every balance and say what does not match')
    .action(async () => (await walletCommands()).verifyWallet(await readSettings()))

  admin
    .command('market')
    .description('ledger, collections and auctions together')
    .command('verify')
    .description('look for whatever does not match, within each service and between them')
    .action(async () => (await marketCommands()).verifyMarket(await readSettings()))
}
