import { stat } from 'node:fs/promises'
import { PostgresFailed } from './errors.ts'
import { run } from './run.ts'

/** The user PostgreSQL runs as when the program itself runs as root, which PostgreSQL refuses. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

const NAME = 'sallyport'

// Debian, Red Hat and their kin have the first; Alpine and BusyBox the second.
const makers: readonly (readonly string[])[] = [
  [
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/bin/false',
    NAME,
  ],
  ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/bin/false', NAME],
]

/** Whether this process is the superuser. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The unprivileged system user `sallyport`, made when the system does not have it.
 * @throws PostgresFailed when it cannot be made.
 */
export async function ensureSystemUser(): Promise<SystemUser> {
  const known = await findSystemUser()
  if (known) return known
  const said: string[] = []
  for (const [program = '', ...args] of makers) {
    const { status, output } = await run(program, args)
    // Also looked up after a failure: a second program may have made the user in the same moment.
    const made = await findSystemUser()
    if (made) return made
    said.push(`${program}: ${output.trim() || `status ${status}`}`)
  }
  throw new PostgresFailed(
    `PostgreSQL does not run as root, and the system user ${NAME} could not be made (${said.join('; ')}); ` +
      `make it by hand, or start as an ordinary user`,
  )
}

async function findSystemUser(): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])])
  if (uid.status !== 0 || gid.status !== 0) return undefined
  return { uid: Number(uid.output), gid: Number(gid.output) }
}

/** Whether the user can enter and list a directory. Asked of the system as that user, so that ACLs count too. */
export async function canEnter(user: SystemUser, directory: string): Promise<boolean> {
  const { status } = await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], user)
  return status === 0
}

/** The user a path belongs to, or undefined when there is no such path. */
export async function ownerOf(path: string): Promise<SystemUser | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && { uid: found.uid, gid: found.gid }
}
