import { Argument, type Command } from 'commander'
import { pictureStates } from './choices.ts'
import { readCount } from './read-count.ts'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/admin-pictures.ts')

export function addPictures(admin: Command): void {
  const pictures = admin.command('pictures').description('the pool of pictures')

  pictures
    .command('list')
    .description('list pictures of a state, oldest first: id, date, file, who sent it, title')
    .addArgument(new Argument('[state]', 'which').choices(pictureStates).default('pending'))
    .action(async (state: string) => {
      const known = pictureStates.find((name) => name === state)
      if (known) await (await commands()).listPicturesOf(await readSettings(), known)
    })

  pictures
    .command('accept')
    .description('let a picture into the pool')
    .argument('<id>', 'the id that the list shows')
    .action(async (id: string) => (await commands()).decidePicture(await readSettings(), id, 'accepted'))

  pictures
    .command('refuse')
    .description('keep a picture out of the pool, or take it out')
    .argument('<id>', 'the id that the list shows')
    .action(async (id: string) => (await commands()).decidePicture(await readSettings(), id, 'refused'))

  pictures
    .command('seed')
    .description('draw pictures of skies that do not exist into the pool')
    .option('--count <number>', 'how many', readCount, 60)
    .action(async ({ count }: { count: number }) => (await commands()).seedPictures(await readSettings(), count))

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
    .action(async (source: string) => (await commands()).importPictures(await readSettings(), source))
}
