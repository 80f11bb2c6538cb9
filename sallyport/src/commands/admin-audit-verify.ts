import { type Break, formatHead, type Head, parseHead, type Verification, verifyAudit } from '@sallyport/identity/audit'
import { checkMasterKey } from '@sallyport/identity/tokens'
import type { IdentityDatabase } from '@sallyport/identity'
import { Presets, SingleBar } from 'cli-progress'
import { existingMasterKey } from '../data-directory/master-key.ts'
import { reachDatabases } from '../databases.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'

/**
 * `sallyport admin audit verify`: recomputes the chain of the audit trail and says where it was changed. The process ends
 * with 1 when it was.
 *
 * @param head that was noted down earlier, as it was printed
 * @throws {InvalidSettings} @throws {DamagedFile} @throws {WrongMasterKey}
 */
export async function verifyAuditTrail(settings: Settings, head: string | undefined): Promise<void> {
  const noted = head === undefined ? undefined : readHead(head)
  const masterKey = await existingMasterKey(settings.dataDirectory)
  const databases = await reachDatabases(settings)
  const bar = new SingleBar({ format: '{bar} {value} of {total} links', clearOnComplete: true }, Presets.legacy)
  try {
    // It reads every row, however long that takes.
    const { db } = databases.open<IdentityDatabase>('identity', { statementTimeoutMs: 0 })
    await checkMasterKey(db, masterKey)
    bar.start(0, 0)
    const result = await verifyAudit(db, masterKey, {
      ...(noted && { noted }),
      onProgress(links, of) {
        bar.setTotal(Number(of))
        bar.update(Number(links))
      },
    })
    bar.stop()
    const wrong = findingsOf(result, noted)
    for (const line of [...wrong, ...summaryOf(result, wrong.length === 0)]) process.stdout.write(`${line}\n`)
    if (wrong.length > 0) process.exitCode = 1
  } finally {
    bar.stop()
    await databases.stop()
  }
}

function readHead(text: string): Head {
  const head = parseHead(text)
  if (!head) throw new InvalidSettings(`--head ${text}: it has to be SEQUENCE:MAC, as verify printed it`)
  return head
}

function findingsOf({ firstBreak, leftOut, noted: became }: Verification, noted: Head | undefined): string[] {
  return [
    ...(firstBreak ? [`link ${firstBreak.sequence}: ${describe(firstBreak)}`] : []),
    ...(leftOut.count > 0n
      ? [
          `${leftOut.count} events are not as they were recorded: they were taken out of the chain, or were removed before they came into it; the first is event ${leftOut.first}`,
        ]
      : []),
    ...(noted && became === 'missing' ? [`link ${noted.sequence}: it was noted down, and is not there any more`] : []),
    ...(noted && became === 'changed' ? [`link ${noted.sequence}: it is not the one that was noted down`] : []),
  ]
}

function describe({ what, eventId }: Break): string {
  const words: Readonly<Record<Break['what'], string>> = {
    'links-missing': `it is missing; the next one is that of event ${eventId}`,
    'event-missing': `event ${eventId} is missing`,
    'event-changed': `event ${eventId} was changed, or does not belong here`,
    'link-changed': `the link of event ${eventId} was changed`,
    'not-ours': `from here on the chain was made without the key, or in another order (event ${eventId})`,
  }
  return words[what]
}

function summaryOf({ links, erased, head, pending, noted }: Verification, right: boolean): string[] {
  return [
    ...(pending > 0n ? [`${pending} events wait for their links, which identity gives them while it runs`] : []),
    right ? `the trail is right: ${links} links` : `the trail is wrong; ${links} links were found right before that`,
    ...(erased > 0n ? [`what was personal is erased of ${erased} events, by somebody who has the key`] : []),
    ...(noted === 'kept' ? ['the head that was noted down is still there'] : []),
    ...(head ? [`head ${formatHead(head)}`] : []),
  ]
}
