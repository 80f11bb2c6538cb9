import type { Command } from 'commander'
import { actions } from '../cluster/actions.ts'
import { readCount } from './read-count.ts'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/cluster.ts')

export function addCluster(program: Command): void {
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
    .action(async (wishes: { instances: readonly string[]; standbys?: number }) =>
      (await commands()).runCluster(await readSettings(), wishes),
    )

  cluster
    .command('status')
    .description('how each process of the cluster is')
    .option('--json', 'as JSON', false)
    .action(async (options: { json: boolean }) => (await commands()).showCluster(await readSettings(), options))

  for (const action of actions) {
    cluster
      .command(action)
      .description(`${action} one process of the cluster, and wait until it is done`)
      .argument('<name>', 'such as enrollment.2, identity or secondary-1')
      .action(async (name: string) => (await commands()).moveMember(await readSettings(), action, name))
  }
}
