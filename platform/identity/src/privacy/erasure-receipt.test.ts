import { expect, it } from 'vitest'
import { parseReceipt, receiptKey, sealReceipt } from './erasure-receipt.ts'

const receipt = sealReceipt(receiptKey(new Uint8Array(32)), {
  version: 'sallyport erasure receipt 1',
  id: '5f0c1d1e-0000-4000-8000-000000000001',
  scope: 'everything',
  started_at: '2026-07-04T12:00:00.000Z',
  finished_at: '2026-07-04T12:00:04.000Z',
  services: { pictures: { removed: { pictures: 2 }, anonymous: {} } },
  audit_head: `3:${'a'.repeat(64)}`,
})

it('reads a receipt by itself, and in the answer that it came in', () => {
  expect(parseReceipt(JSON.stringify(receipt))).toEqual(receipt)
  expect(parseReceipt(JSON.stringify({ id: receipt.id, state: 'done', steps: [], receipt }))).toEqual(receipt)
})

it.each(['', 'null', '[]', '{}', '{"receipt": null}', '{"receipt": {"receipt": {}}}'])(
  'reads no receipt in %j',
  (text) => expect(parseReceipt(text)).toBeUndefined(),
)
