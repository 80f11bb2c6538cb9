import type { Command } from 'commander'
import type { TailOptions } from '../commands/admin-audit-tail.ts'
import { readCount } from './read-count.ts'
import { readSettings } from './read-settings.ts'

const tail = () => import('../commands/admin-audit-tail.ts')
const verification = () => import('../commands/admin-audit-verify.ts')

export function addAudit(admin: Command): void {
  const audit = admin.command('audit').description('the trail of what happened to accounts and roles')

  audit
    .command('verify')
    .description('recompute the chain of the trail and say where it was changed; ends with 1 when it was')
    .option('--head <sequence:mac>', 'a head that was noted down earlier: whether it is still in the chain')
    .addHelpText(
      'after',
      `
What it prints last is the head of the chain. Keep it somewhere else: whoever has the database could cut off the end of the
trail, and only somebody who knows an earlier head would notice.

Examples:
  $ npx sallyport admin audit verify
  $ npx sallyport admin audit verify --head 4711:09f3…`,
    )
    .action(async ({ head }: { head?: string }) => (await verification()).verifyAuditTrail(await readSettings(), head))

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
    .action(async (options: TailOptions) => (await tail()).tailAudit(await readSettings(), options))
}
