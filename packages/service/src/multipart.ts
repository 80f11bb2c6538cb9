import { Busboy } from '@fastify/busboy'
import type { UploadedFile } from '@sallyport/contracts'

/** What a multipart form holds; of repeated names the last counts. */
export interface MultipartForm {
  readonly texts: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, UploadedFile>
}

/** More than any form here has: taking a body of nothing but tiny parts to pieces would keep everybody else waiting. */
const mostParts = 100
/** It is fed in pieces of so many bytes, so that it can be given up in between. */
const pieceBytes = 64 * 1024
const mostHeaderBytes = 16 * 1024

/** Takes a form to pieces that is there as a whole. Undefined when it is none, breaks off or has too many parts. */
export async function parseMultipart(contentType: string, body: Buffer): Promise<MultipartForm | undefined> {
  const texts = new Map<string, string>()
  const files = new Map<string, UploadedFile>()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  try {
    const parser = new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: (_name, _type, fileName) => fileName !== undefined,
      limits: { parts: mostParts, headerSize: mostHeaderBytes, fieldSize: body.length },
    })
    parser.on('field', (name, text) => void texts.set(name, text))
    parser.on('file', (field, stream, name) => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => files.set(field, { name, bytes: Buffer.concat(pieces) }))
      stream.on('error', reject)
    })
    parser.on('partsLimit', () => reject(new RangeError('the form has too many parts')))
    parser.on('error', reject)
    parser.on('finish', resolve)
    for (let start = 0; start < body.length; start += pieceBytes) {
      const taken = new Promise<void>((next) => parser.write(body.subarray(start, start + pieceBytes), () => next()))
      await Promise.race([taken, promise])
    }
    parser.end()
    await promise
  } catch {
    return undefined
  }
  return { texts, files }
}
