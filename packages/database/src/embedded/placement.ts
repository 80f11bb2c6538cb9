import { createHash, randomBytes } from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  link,
  lstat,
  mkdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Binaries, copyBinaries, locateNative, probeBinaries } from './binaries.ts'
import { DirectoryUnusable, PostgresFailed, codeOf, usingDirectory } from './errors.ts'
import { type SystemUser, canEnter, ensureSystemUser, isRoot, ownerOf } from './system-user.ts'

/** Where everything of one embedded PostgreSQL lies. */
export interface Placement {
  /** The real path of SALLYPORT_DATA. */
  readonly dataDirectory: string
  readonly clusterDirectory: string
  readonly socketDirectory: string
  readonly logFile: string
  readonly ownerFile: string
  readonly binaries: Binaries
  /** Whom the server runs as; undefined is the user of this process. */
  readonly user: SystemUser | undefined
}

/** What PostgreSQL needs when its user can reach neither the checkout nor the data directory. */
const SYSTEM_HOME = '/var/lib/sallyport'

// `sun_path` takes 107 bytes on Linux and 103 on macOS; the socket's own name `/.s.PGSQL.5432` is 14 of them.
const SOCKET_DIRECTORY_LIMIT_BYTES = 88

/** Makes the directory of everything that is kept, where it is not there, and gives its real path. @throws {DirectoryUnusable} */
export async function makeDataDirectory(dataDirectory: string): Promise<string> {
  return usingDirectory(dataDirectory, async () => {
    // As root, PostgreSQL's user has to pass through it; what is secret in it has a mode of its own.
    await mkdir(dataDirectory, { recursive: true, mode: isRoot() ? 0o711 : 0o700 })
    await access(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK)
    return realpath(dataDirectory)
  })
}

/**
 * Decides where the cluster, its socket and its programs lie, and makes the directories around them.
 * @throws DirectoryUnusable when the data directory cannot be made or used.
 */
export async function place(dataDirectory: string, onProgress: (step: string) => void): Promise<Placement> {
  const root = isRoot()
  const data = await makeDataDirectory(dataDirectory)
  const user = root ? await chooseUser(data) : undefined
  const binaries = await placeBinaries(user, onProgress)
  const home = await chooseHome(data, user, onProgress)
  return {
    dataDirectory: data,
    clusterDirectory: join(home, 'postgres'),
    socketDirectory: await usingDirectory(data, () => makeSocketDirectory(home, user)),
    logFile: join(data, 'postgres.log'),
    ownerFile: join(data, 'owner'),
    binaries,
    user,
  }
}

/** Where a standby of the cluster lies: beside it, under its own name. */
export async function placeStandby(primary: Placement, name: string): Promise<Placement> {
  const { dataDirectory, user } = primary
  const home = dirname(primary.clusterDirectory)
  return {
    ...primary,
    clusterDirectory: join(home, name),
    socketDirectory: await usingDirectory(dataDirectory, () => makeSocketDirectory(home, user, `${name}-socket`)),
    logFile: join(dataDirectory, `${name}.log`),
    ownerFile: join(dataDirectory, `${name}-owner`),
  }
}

/** A cluster made by an ordinary user keeps that user when root starts it later: PostgreSQL insists on its owner. */
async function chooseUser(data: string): Promise<SystemUser> {
  const owner = await ownerOf(join(data, 'postgres', 'PG_VERSION'))
  return owner && owner.uid !== 0 ? owner : ensureSystemUser()
}

async function placeBinaries(user: SystemUser | undefined, onProgress: (step: string) => void): Promise<Binaries> {
  const native = await locateNative()
  const inPlace = await probeBinaries(native, user)
  if (inPlace) return inPlace
  const readable = user && (await probeBinaries(native, undefined))
  if (!readable) throw new PostgresFailed(`the PostgreSQL in ${native} does not run on this system`)
  const copy = await copyBinaries(readable, SYSTEM_HOME, onProgress)
  const copied = await probeBinaries(copy, user)
  if (!copied) throw new PostgresFailed(`the copy of PostgreSQL in ${copy} does not run; remove it and start again`)
  return copied
}

async function chooseHome(
  data: string,
  user: SystemUser | undefined,
  onProgress: (step: string) => void,
): Promise<string> {
  if (!user) return data
  const idFile = join(data, 'postgres-id')
  const moved = await readId(idFile)
  const reachable = await canEnter(user, data)
  if (moved === undefined && reachable) return data
  if (moved === undefined && (await ownerOf(join(data, 'postgres', 'PG_VERSION'))))
    throw new DirectoryUnusable(
      data,
      `it holds a database that its user (uid ${user.uid}) can no longer reach; let other users pass through ` +
        `each directory on the way (chmod o+x)`,
    )
  const home = join(SYSTEM_HOME, moved ?? (await makeId(idFile)))
  if (moved === undefined) onProgress(`the database lies in ${home}, because the user it runs as cannot reach ${data}`)
  await mkdir(SYSTEM_HOME, { recursive: true, mode: 0o755 })
  await makePrivateDirectory(home, user)
  return home
}

async function readId(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return /^[0-9a-f]{16}$/.exec(text.trim())?.[0]
}

/**
 * Names the place outside the data directory. The name is kept in the data directory rather than computed from its
 * path: a directory that was moved still finds its database, and one that was removed does not come back to life with
 * the database of its predecessor.
 */
async function makeId(file: string): Promise<string> {
  const unfinished = `${file}.new-${randomBytes(8).toString('hex')}`
  try {
    await writeFile(unfinished, `${randomBytes(8).toString('hex')}\n`, { flush: true })
    // A link appears whole or not at all, and only one of two programs can make it.
    await link(unfinished, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(unfinished, { force: true })
  }
  const id = await readId(file)
  if (id === undefined) throw new DirectoryUnusable(file, 'it is damaged; remove it to begin with an empty database')
  return id
}

async function makeSocketDirectory(home: string, user: SystemUser | undefined, name = 'socket'): Promise<string> {
  const natural = join(home, name)
  const directory = isSocketPlace(natural) ? natural : shortSocketDirectory(name === 'socket' ? home : natural)
  await makePrivateDirectory(directory, user)
  return directory
}

function shortSocketDirectory(known: string): string {
  const name = `sallyport-${createHash('sha256').update(known).digest('hex').slice(0, 16)}`
  const usual = join(tmpdir(), name)
  return isSocketPlace(usual) ? usual : join('/tmp', name)
}

/** Short enough, and without the characters that mean something in PostgreSQL's list of socket directories. */
function isSocketPlace(directory: string): boolean {
  return Buffer.byteLength(directory) <= SOCKET_DIRECTORY_LIMIT_BYTES && !/[\s",]/.test(directory)
}

async function makePrivateDirectory(directory: string, user: SystemUser | undefined): Promise<void> {
  const uid = user?.uid ?? process.getuid?.()
  try {
    await mkdir(directory, { mode: 0o700 })
    if (user) await chown(directory, user.uid, user.gid)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const found = await lstat(directory)
  // Made by root and not handed over yet: a start that was interrupted, or another one under way.
  if (user && found.isDirectory() && found.uid === 0) await chown(directory, user.uid, user.gid)
  else if (!found.isDirectory() || (uid !== undefined && found.uid !== uid))
    // In a directory that all users share, somebody else could lie in wait for the passwords of our clients.
    throw new DirectoryUnusable(directory, 'it belongs to somebody else; remove it')
  if ((found.mode & 0o077) !== 0) await chmod(directory, 0o700)
}
