import { appendFile, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type AccountId, parseId, syncDirectory } from '@sallyport/kernel'
import type { Logger } from 'pino'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { SessionId } from '../sessions/session.ts'

/** A login whose tokens are out and whose session is not written down yet. */
export interface LateLogin {
  readonly sid: SessionId
  readonly uid: AccountId
  readonly createdAt: Date
  readonly sessionsValidFrom: Date | undefined
  readonly address: string
  readonly userAgent: string | undefined
}

/**
 * Where logins wait until the database takes their sessions. A session that was lost could not be ended with the others of
 * its account, so while nothing can be written they are kept in a file, which outlasts this process.
 */
export interface LateLogins {
  /** Takes a login in; it is in memory alone until it is kept. */
  add(login: LateLogin): void
  /** Resolves when whatever waits is in the file, or cannot be. */
  keep(): Promise<void>
  /** The login waits no more, whatever became of it. */
  remove(login: LateLogin): void
  /** What an earlier process has left waiting; it counts as added. */
  restore(): Promise<readonly LateLogin[]>
  /** Resolves when the file is as it should be. */
  settle(): Promise<void>
}

const Line = Type.Object({
  sid: Type.String(),
  uid: Type.String(),
  createdAt: Type.Integer(),
  sessionsValidFrom: Type.Optional(Type.Integer()),
  address: Type.String(),
  userAgent: Type.Optional(Type.String()),
})
const line = Compile(Line)

/** @param file undefined where nothing is to outlast the process */
export function createLateLogins({
  file,
  log,
}: {
  readonly file: string | undefined
  readonly log: Logger
}): LateLogins {
  const waiting = new Map<SessionId, LateLogin>()
  const kept = new Set<SessionId>()
  /** What is done with the file is done one after another. */
  let work: Promise<void> = Promise.resolve()
  let isFailing = false

  function afterwards(step: (path: string) => Promise<void>): Promise<void> {
    if (file !== undefined) work = work.then(() => attempt(step, file))
    return work
  }

  async function attempt(step: (path: string) => Promise<void>, path: string): Promise<void> {
    try {
      await step(path)
      isFailing = false
    } catch (error) {
      // Logins are not refused for it. Once, or each of them would be a line of the log.
      if (!isFailing) log.error({ err: error }, 'sessions that wait to be written down are in memory alone')
      isFailing = true
    }
  }

  async function append(path: string): Promise<void> {
    const missing = [...waiting.values()].filter(({ sid }) => !kept.has(sid))
    if (missing.length === 0) return
    await appendFile(path, missing.map(toLine).join(''), { mode: 0o600, flush: true })
    // A file that is new has to have its name after a power cut, too.
    if (kept.size === 0) await syncDirectory(dirname(path))
    for (const { sid } of missing) kept.add(sid)
  }

  /** What was written down twice is written down once in the database: until all are the file stays as it is. */
  async function removeWhenDone(path: string): Promise<void> {
    if (waiting.size > 0 || kept.size === 0) return
    await rm(path, { force: true })
    kept.clear()
  }

  return {
    add: (login) => void waiting.set(login.sid, login),
    keep: () => afterwards(append),
    remove({ sid }) {
      waiting.delete(sid)
      if (waiting.size === 0 && kept.size > 0) void afterwards(removeWhenDone)
    },
    async restore() {
      await afterwards(async (path) => {
        for (const login of parse(await readOrNothing(path))) {
          waiting.set(login.sid, login)
          kept.add(login.sid)
        }
      })
      return [...waiting.values()]
    },
    settle: () => work,
  }
}

function toLine({ sid, uid, createdAt, sessionsValidFrom, address, userAgent }: LateLogin): string {
  const written: Static<typeof Line> = {
    sid,
    uid,
    createdAt: createdAt.getTime(),
    ...(sessionsValidFrom && { sessionsValidFrom: sessionsValidFrom.getTime() }),
    address,
    ...(userAgent !== undefined && { userAgent }),
  }
  // Whoever was killed in the middle of a line leaves its end away.
  return `\n${JSON.stringify(written)}\n`
}

function parse(text: string): LateLogin[] {
  return text.split('\n').flatMap((one) => {
    const found = parseJson(one)
    if (!line.Check(found)) return []
    const [sid, uid] = [parseId<SessionId>(found.sid), parseId<AccountId>(found.uid)]
    if (!sid || !uid) return []
    const { createdAt, sessionsValidFrom, address, userAgent } = found
    return {
      sid,
      uid,
      createdAt: new Date(createdAt),
      sessionsValidFrom: sessionsValidFrom === undefined ? undefined : new Date(sessionsValidFrom),
      address,
      userAgent,
    }
  })
}

/** Undefined where it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
