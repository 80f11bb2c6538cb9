import { Readable } from 'node:stream'
import type { FileContent } from '@sallyport/contracts'

/** Whether an answer is a file. */
export function isFileContent(body: unknown): body is FileContent {
  if (typeof body !== 'object' || body === null || !('content' in body)) return false
  return body.content instanceof Readable || body.content instanceof Uint8Array
}
