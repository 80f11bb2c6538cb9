/** The data directory cannot hold the database. The message says why and what to do; the stack adds nothing. */
export class DirectoryUnusable extends Error {
  override name = 'DirectoryUnusable'
  readonly directory: string

  constructor(directory: string, why: string) {
    super(`the data directory ${directory} cannot be used: ${why}`)
    this.directory = directory
  }
}

/** Another program runs on the same data directory. */
export class DirectoryInUse extends Error {
  override name = 'DirectoryInUse'
  readonly directory: string
  /** The process that owns the directory, when it could be told. */
  readonly ownerPid: number | undefined

  constructor(directory: string, ownerPid: number | undefined) {
    const owner = ownerPid === undefined ? 'another program' : `the program with process id ${ownerPid}`
    super(`the data directory ${directory} is in use by ${owner}: stop it first, or choose another SALLYPORT_DATA`)
    this.directory = directory
    this.ownerPid = ownerPid
  }
}

/** PostgreSQL itself could not be found, made, started or stopped. The message ends with what it said last. */
export class PostgresFailed extends Error {
  override name = 'PostgresFailed'

  constructor(what: string, output = '') {
    const said = output.trim()
    super(said === '' ? what : `${what}; PostgreSQL said:\n${said}`)
  }
}

/** The `code` of a system error (`ENOENT`) or of PostgreSQL (`57P03`). */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied; give this user the right to write there, or choose another SALLYPORT_DATA',
  EPERM: 'permission is denied; give this user the right to write there, or choose another SALLYPORT_DATA',
  EROFS: 'it lies on a read-only file system; choose a SALLYPORT_DATA that can be written',
  ENOSPC: 'the disk is full; free some space and start again',
  // PostgreSQL's own code for it.
  '53100': 'the disk is full; free some space and start again',
  EDQUOT: 'the disk quota is used up; free some space and start again',
  EEXIST: 'a file is in its place; move it away, or choose another SALLYPORT_DATA',
  ENOTDIR: 'a file is in its place or above it; move it away, or choose another SALLYPORT_DATA',
  ENAMETOOLONG: 'its name is too long; choose a shorter SALLYPORT_DATA',
}

/** Runs a step on the directory and turns the system's refusals into `DirectoryUnusable`. */
export async function usingDirectory<T>(directory: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const reason = reasons[codeOf(error) ?? '']
    if (reason === undefined) throw error
    throw new DirectoryUnusable(directory, reason)
  }
}
