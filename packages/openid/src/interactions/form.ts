import type { IncomingMessage } from 'node:http'

/** The largest form that is read, in bytes. */
const limitBytes = 16 * 1024

/** The fields of a form, or undefined for what is none or too large. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a request gave something else than bytes')
    bytes += chunk.length
    // What is too large is read to its end all the same: a client that is still sending would not hear the answer.
    if (bytes <= limitBytes) chunks.push(chunk)
  }
  if (type !== 'application/x-www-form-urlencoded' || bytes > limitBytes) return undefined
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
