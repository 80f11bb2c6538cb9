import { Argument, Command } from 'commander'
import { benchmarks } from './benchmarks.ts'

const names = Object.keys(benchmarks)

const program = new Command('npm run bench --')
  .description('Measures Sallyport beside a peer or a raw limit in the same run, and prints the ratio.')
  .addArgument(new Argument('[benchmark]', 'which one; all of them unless told otherwise').choices(names))
  .option('--rounds <n>', 'how often each side is measured, in turns; the medians count', Number, 5)
  .option('--seconds <n>', 'how long each side is measured in a round', Number, 5)
  .option('--clients <n>', 'how many clients ask at once', Number, 32)
  .action(async (chosen: string | undefined, options: { rounds: number; seconds: number; clients: number }) => {
    for (const [name, run] of Object.entries(benchmarks)) {
      if (chosen !== undefined && chosen !== name) continue
      process.stdout.write(`${await run(options)}\n`)
    }
  })

await program.parseAsync()
