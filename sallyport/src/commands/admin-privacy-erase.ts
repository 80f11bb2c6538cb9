import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IdentityDatabase } from '@sallyport/identity'
import {
  createPrivacyAdministration,
  type Erasure,
  isGood,
  parseReceipt,
  type PrivacyAdministration,
  type ReceiptVerification,
  verifyReceipt,
} from '@sallyport/identity/privacy'
import { systemClock } from '@sallyport/kernel'
import { existingMasterKey } from '../data-directory/master-key.ts'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { createLog } from './log.ts'

/** Whoever erases has to say so twice. */
export class NotConfirmed extends Error {
  override name = 'NotConfirmed'
  constructor() {
    super('an erasure cannot be undone: say --yes to begin it')
  }
}

/** The file is something else. */
export class NoReceipt extends Error {
  override name = 'NoReceipt'
  constructor(file: string) {
    super(`${file} is no receipt of an erasure`)
  }
}

const lookEveryMs = 200
/** Nothing happens any more: nobody takes the steps now. */
const patienceMs = 20_000

/**
 * `sallyport admin privacy erase`: says what is done, and in the end prints the receipt.
 *
 * @throws {NotConfirmed} @throws {UnknownAccount} @throws {ErasureUnderWay}
 */
export async function erasePerson(
  settings: Settings,
  login: string,
  { yes, keepUploads }: { readonly yes: boolean; readonly keepUploads: boolean },
): Promise<void> {
  if (!yes) throw new NotConfirmed()
  const masterKey = await existingMasterKey(settings.dataDirectory)
  const databases = await reachDatabases(settings)
  const privacy = createPrivacyAdministration({
    database: databases.open<IdentityDatabase>('identity'),
    clock: systemClock,
    masterKey,
    log: createLog(settings),
  })
  try {
    const id = await privacy.erase(login, { keepsUploads: keepUploads })
    note(`the erasure ${id} has begun: the account is closed`)
    const erasure = await watch(privacy, id)
    if (erasure.receipt) process.stdout.write(`${JSON.stringify(erasure.receipt, undefined, 2)}\n`)
    else note('it goes on by itself as soon as Sallyport runs and every service can be reached')
  } finally {
    await privacy.close()
    await databases.stop()
  }
}

/** Tells of every step that is done, until all are or nothing happens any more. */
async function watch(privacy: PrivacyAdministration, id: Erasure['id']): Promise<Erasure> {
  const told = new Set<string>()
  let changedAt = performance.now()
  for (;;) {
    const erasure = await privacy.follow(id)
    for (const { step, doneAt } of erasure.steps) {
      if (!doneAt || told.has(step)) continue
      told.add(step)
      changedAt = performance.now()
      note(`${step}: erased`)
    }
    if (erasure.receipt || performance.now() - changedAt > patienceMs) return erasure
    await sleep(lookEveryMs)
  }
}

/** `sallyport admin privacy receipt verify`: the process ends with 1 when it is not good. @throws {NoReceipt} */
export async function verifyErasureReceipt(settings: Settings, file: string): Promise<void> {
  const receipt = parseReceipt(await readFile(file, 'utf8'))
  if (!receipt) throw new NoReceipt(file)
  const masterKey = await existingMasterKey(settings.dataDirectory)
  const databases = await reachDatabases(settings)
  try {
    // It reads every row of the trail, however long that takes.
    const { db } = databases.open<IdentityDatabase>('identity', { statementTimeoutMs: 0 })
    const verification = await verifyReceipt(db, masterKey, receipt)
    for (const line of findingsOf(verification)) process.stdout.write(`${line}\n`)
    const isRight = isGood(verification)
    const what = `${receipt.id}, finished ${receipt.finished_at}`
    process.stdout.write(isRight ? `the receipt is good: ${what}\n` : `the receipt is not good: ${what}\n`)
    if (!isRight) process.exitCode = 1
  } finally {
    await databases.stop()
  }
}

function findingsOf({ isSealed, isRecorded, trail }: ReceiptVerification): string[] {
  return [
    isSealed
      ? 'its seal is of this installation'
      : 'its seal does not fit: it was changed, or is of another installation',
    isRecorded ? 'the audit trail knows it' : 'the audit trail does not know it',
    trail.firstBreak || trail.leftOut.count > 0n
      ? 'the audit trail is wrong: see sallyport admin audit verify'
      : `the audit trail is right: ${trail.links} links`,
    ...(trail.noted === 'missing' || trail.noted === 'changed'
      ? ['the audit trail is not the one that it was made in']
      : []),
  ]
}

/** What is for whoever watches is not for whoever keeps the receipt. */
function note(text: string): void {
  process.stderr.write(`${text}\n`)
}
