import { Readable } from 'node:stream'
import type { FileContent } from '@sallyport/contracts'

/** Whether an answer is a file. */
export function isFileContent(body: unknown): body is FileContent {
  return typeof body === 'object' && body !== null && 'stream' in body && body.stream instanceof Readable
}
