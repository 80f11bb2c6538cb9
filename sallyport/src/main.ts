import { createProgram } from './command-line/program.ts'

// Who reads only the beginning of a list, as `head` does, needs no rest of it, and no complaint.
process.stdout.on('error', (error) => {
  if (Reflect.get(error, 'code') !== 'EPIPE') throw error
})

try {
  await createProgram().parseAsync(process.argv.length > 2 ? process.argv : [...process.argv, 'start'])
} catch (error) {
  const { isExplained } = await import('./explained-errors.ts')
  // What the operator can put right is said in a sentence; anything else is a bug and shown whole.
  process.stderr.write(isExplained(error) ? `sallyport: ${error.message}\n` : `${inspectError(error)}\n`)
  process.exit(1)
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
