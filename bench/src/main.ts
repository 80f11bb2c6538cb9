import { Argument, Command } from 'commander'
import { benchmarks } from './benchmarks.ts'
import type { Load } from './load.ts'

const names = Object.keys(benchmarks)
const width = Math.max(...names.map((name) => name.length))

const program = new Command('npm run bench --')
  .description('Measures Sallyport, beside a peer or a raw limit where there is one, in the same run.')
  .addArgument(new Argument('[benchmark]', 'which one; all of them unless told otherwise').choices(names))
  .option('--rounds <n>', 'how often each side is measured, in turns; the medians count', Number, 5)
  .option('--seconds <n>', 'how long each side is measured in a round', Number, 5)
  .option('--clients <n>', 'how many clients ask at once', Number, 64)
  .option('--minutes <n>', 'how long market-mix (15) or gateway-soak (10) runs', Number)
  .option('--only <text>', 'of gateway, the sides whose names contain this')
  .addHelpText(
    'after',
    `\nBenchmarks:\n${names.map((name) => `  ${name.padEnd(width)}  ${benchmarks[name]?.summary}`).join('\n')}`,
  )
  .action(async (chosen: string | undefined, load: Load) => {
    for (const [name, benchmark] of Object.entries(benchmarks)) {
      if (chosen !== undefined && chosen !== name) continue
      process.stdout.write(`${await benchmark.run(load)}\n`)
    }
  })

await program.parseAsync()
