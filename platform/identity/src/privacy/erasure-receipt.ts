import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { ErasureReceipt as Form } from '@sallyport/contracts'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'

/** Says that something was erased, when and how much; nothing of whom. */
export type ErasureReceipt = Static<typeof Form>

const form = Compile(Form)

/** What an installation seals its receipts with: derived from the master key, so that it is not in the database. */
export function receiptKey(masterKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'sallyport erasure receipts 1', 32))
}

export function sealReceipt(key: Uint8Array, receipt: Omit<ErasureReceipt, 'seal'>): ErasureReceipt {
  return { ...receipt, seal: sealOf(key, receipt) }
}

/** Whether nothing of a receipt was changed since it was made here. */
export function isSealed(key: Uint8Array, { seal, ...receipt }: ErasureReceipt): boolean {
  const [is, should] = [Buffer.from(seal, 'hex'), Buffer.from(sealOf(key, receipt), 'hex')]
  return is.length === should.length && timingSafeEqual(is, should)
}

/** What the audit trail says of a receipt. */
export function digestOfReceipt(receipt: ErasureReceipt): string {
  return createHash('sha256').update(canonical(receipt)).digest('hex')
}

/** Reads a receipt by itself, or in the answer that it came in; undefined for what is neither. */
export function parseReceipt(text: string): ErasureReceipt | undefined {
  try {
    const read: unknown = JSON.parse(text)
    const receipt: unknown = typeof read === 'object' && read !== null && 'receipt' in read ? read.receipt : read
    return isReceipt(receipt) ? receipt : undefined
  } catch {
    return undefined
  }
}

export function isReceipt(read: unknown): read is ErasureReceipt {
  return form.Check(read)
}

function sealOf(key: Uint8Array, receipt: Omit<ErasureReceipt, 'seal'>): string {
  return createHmac('sha256', key).update(canonical(receipt)).digest('hex')
}

/** JSON with the members of every object in the order of their names: however a receipt was kept, it reads the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
