import { Argument, type Command } from 'commander'
import { jobServices } from './choices.ts'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/admin-jobs.ts')

export function addJobs(admin: Command): void {
  const jobs = admin.command('jobs').description('what could not be done although it was tried again and again')

  jobs
    .command('list')
    .description('list the jobs that used up their attempts, and what auctions cannot be rid of')
    .action(async () => (await commands()).listDeadLetters(await readSettings()))

  jobs
    .command('retry')
    .description('give a job its attempts back')
    .addArgument(new Argument('<service>', 'whose job').choices(jobServices))
    .argument('<id>', 'the number or id that the list shows')
    .action(async (service: string, id: string) => {
      const known = jobServices.find((name) => name === service)
      if (known) await (await commands()).retryDeadLetter(await readSettings(), known, id)
    })
}
