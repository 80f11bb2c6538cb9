import { pictures } from '@sallyport/contracts'
import type { Logger } from 'pino'
import { Compile } from 'typebox/compile'
import { type Dispatcher, request } from 'undici'

/** No record came: it was not there in time, or what came is none. */
export class UpstreamFailed extends Error {
  override name = 'UpstreamFailed'
  readonly how: 'late' | 'wrong'
  constructor(how: 'late' | 'wrong') {
    super(how === 'late' ? 'the upstream did not answer in time' : 'the upstream gave no record')
    this.how = how
  }
}

export interface Upstream {
  readonly url: string
  /** The operator's secret: it goes to the upstream and nowhere else (pictures S-51). */
  readonly key: string
  readonly timeoutMs: number
}

const record = Compile(pictures.ApodRecord)
/** A record has a few thousand characters, in bytes. */
const mostBytes = 64 * 1024

/** Asks for today's record (pictures S-51). @throws {UpstreamFailed} */
export async function fetchRecord({ url, key, timeoutMs }: Upstream, log: Logger): Promise<pictures.ApodRecord> {
  const address = new URL(url)
  address.searchParams.set('api_key', key)
  const signal = AbortSignal.timeout(timeoutMs)
  let text: string
  try {
    // Redirects are not followed: they would take the key elsewhere.
    const { statusCode, body } = await request(address, { signal, headers: { accept: 'application/json' } })
    if (statusCode !== 200) {
      await body.dump({ limit: mostBytes }).catch(() => undefined)
      log.warn({ status: statusCode }, 'the upstream of pictures refused')
      throw new UpstreamFailed('wrong')
    }
    text = await readBounded(body)
  } catch (error) {
    if (error instanceof UpstreamFailed) throw error
    // Only what kind of error it is: its message may hold the address, and that the key.
    log.warn({ kind: error instanceof Error ? error.name : 'unknown' }, 'the upstream of pictures does not answer')
    throw new UpstreamFailed(signal.aborted ? 'late' : 'wrong')
  }
  return readRecord(text)
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > mostBytes) throw new UpstreamFailed('wrong')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}

/** Only the fields that clients are promised (pictures S-50). */
function readRecord(text: string): pictures.ApodRecord {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UpstreamFailed('wrong')
  }
  if (!record.Check(parsed)) throw new UpstreamFailed('wrong')
  const { date, title, explanation, url, media_type, service_version, hdurl, copyright } = parsed
  return {
    date,
    title,
    explanation,
    media_type,
    service_version,
    ...(url !== undefined && { url }),
    ...(hdurl !== undefined && { hdurl }),
    ...(copyright !== undefined && { copyright }),
  }
}
