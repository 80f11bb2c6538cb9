import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { createTransfer, type ImportCounts, type Transfer } from '@sallyport/identity/transfer'
import type { IdentityDatabase } from '@sallyport/identity'
import { systemClock } from '@sallyport/kernel'
import { masterKey } from '../data-directory/master-key.ts'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import type { Format } from '../transfer/format.ts'
import { decode, encode } from '../transfer/formats.ts'
import { readLines } from '../transfer/lines.ts'
import { explainedIfNotMigrated, explainFile, TransferImpossible, writeOutput } from '../transfer/output.ts'
import { createProgress } from '../transfer/progress.ts'
import { openReport, type Report } from '../transfer/report.ts'
import { createLog } from './log.ts'

export interface ImportWishes {
  readonly format?: Format
  readonly dryRun?: boolean
  readonly anyPassword?: boolean
  readonly report?: string
}

export interface ExportWishes {
  readonly format?: Format
  readonly withHashes?: boolean
  readonly output?: string
}

/** As a shell says that a signal ended a program. */
const interruptedCode = 130

/**
 * `sallyport admin accounts import`: makes accounts of the lines of a file. The process ends with 1 when lines were
 * refused.
 *
 * @throws {TransferImpossible} @throws {UnusableHeader}
 */
export async function importFile(settings: Settings, file: string, wishes: ImportWishes): Promise<void> {
  const format = wishes.format ?? formatOf(file)
  const { stream, totalBytes } = await openInput(file)
  const report = await openReport(wishes.report).catch(explainFile)
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const progress = createProgress(totalBytes)
  const { signal } = interruption
  try {
    let bytesRead = 0
    const chunks = untilAborted(stream, signal, (bytes) => void (bytesRead += bytes))
    const counts = await withTransfer(settings, (transfer) =>
      transfer.importAccounts(decode(readLines(chunks), format), {
        rehearsal: wishes.dryRun === true,
        anyPassword: wishes.anyPassword === true,
        signal,
        report: async (counts, refusals) => {
          await report.add(refusals)
          progress.show(counts, bytesRead)
        },
      }),
    )
    progress.stop()
    say(summaryOf(counts, report, wishes))
    if (signal.aborted) say('interrupted; the same command again does the rest')
    if (signal.aborted) process.exitCode = interruptedCode
    else if (counts.refused > 0) process.exitCode = 1
  } finally {
    progress.stop()
    await report.close()
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** `sallyport admin accounts export`: writes down all accounts. @throws {TransferImpossible} */
export async function exportFile(settings: Settings, wishes: ExportWishes): Promise<void> {
  const { output, withHashes = false } = wishes
  const format = wishes.format ?? (output === undefined ? 'ndjson' : formatOf(output))
  if (withHashes)
    process.stderr.write('the hashes of passwords are secrets: whoever has them can guess the passwords at leisure\n')
  await withTransfer(settings, async (transfer) => {
    await writeOutput(Readable.from(encode(transfer.exportAccounts({ withHashes }), format)), output)
  })
}

async function withTransfer<Result>(settings: Settings, use: (transfer: Transfer) => Promise<Result>): Promise<Result> {
  const databases = await reachDatabases(settings)
  const database = databases.open<IdentityDatabase>('identity')
  const transfer = createTransfer({
    database,
    clock: systemClock,
    log: createLog(settings),
    passwordHashing: settings.passwordHashing,
    // Made here if this is the first thing that is ever done with the directory.
    masterKey: () => masterKey(settings.dataDirectory),
  })
  try {
    return await use(transfer)
  } catch (error) {
    throw explainedIfNotMigrated(error)
  } finally {
    await transfer.stop()
    await databases.stop()
  }
}

async function openInput(file: string): Promise<{ stream: Readable; totalBytes: number | undefined }> {
  if (file === '-') return { stream: process.stdin, totalBytes: undefined }
  const found = await stat(file).catch(explainFile)
  return { stream: createReadStream(file), totalBytes: found.isFile() ? found.size : undefined }
}

/** Also while nothing comes: whoever interrupts does not have to wait for the other side. */
async function* untilAborted(
  stream: Readable,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  signal.addEventListener('abort', () => stream.destroy(), { once: true })
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('the stream does not bring bytes')
      onRead(chunk.length)
      yield chunk
    }
  } catch (error) {
    if (!signal.aborted) explainFile(error)
  }
}

function formatOf(file: string): Format {
  const extension = extname(file).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (['.ndjson', '.jsonl', '.json'].includes(extension)) return 'ndjson'
  throw new TransferImpossible(`say with --format whether ${file} is ndjson or csv`)
}

function summaryOf(counts: ImportCounts, { first }: Report, { dryRun, report }: ImportWishes): string {
  const { read, imported, alreadyThere, refused } = counts
  const what = dryRun ? 'would be imported' : 'imported'
  const more = refused - first.length
  return [
    ...first.map(({ line, field, rule }) => `line ${line}: ${field === undefined ? '' : `${field} `}${rule}`),
    ...(more > 0 ? [`… and ${more} more${report === undefined ? '; --report FILE keeps all of them' : ''}`] : []),
    `${read} lines: ${imported} ${what}, ${alreadyThere} already there, ${refused} refused`,
  ].join('\n')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
