import { chmod, chown, cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory, removeDirectory } from '../fixtures/directories.ts'
import { startProgram } from '../fixtures/start-program.ts'
import { forgetfulSettings } from '../testing/global-setup.ts'
import { copyBinaries, locateNative, probeBinaries } from './binaries.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { run } from './run.ts'
import { canEnter, ensureSystemUser, isRoot } from './system-user.ts'

const nobody = { uid: 65_534, gid: 65_534 }

let directory: string
beforeEach(async () => {
  directory = await makeDirectory()
})
afterEach(() => removeDirectory(directory))

const start = (dataDirectory: string, onProgress?: (step: string) => void) =>
  startEmbeddedPostgres({ dataDirectory, settings: forgetfulSettings, ...(onProgress && { onProgress }) })

const ownerAndMode = async (path: string) => {
  const { uid, mode } = await stat(path)
  return { uid, mode: mode & 0o777 }
}

describe('the place of the database', () => {
  it('is the data directory, its cluster and socket closed to others', async () => {
    const data = join(directory, 'data')
    const postgres = await start(data)
    const uid = isRoot() ? (await ensureSystemUser()).uid : process.getuid?.()
    expect(await ownerAndMode(join(data, 'postgres'))).toEqual({ uid, mode: 0o700 })
    expect(await ownerAndMode(postgres.connection('a', 'owner').host)).toEqual({ uid, mode: 0o700 })
    expect((await stat(join(data, 'postgres.log'))).mode & 0o077).toBe(0)
    await postgres.stop()
  })

  it('has a short socket path however long its own is', async () => {
    const data = join(directory, 'x'.repeat(120), 'data')
    const postgres = await start(data)
    const { host } = postgres.connection('a', 'owner')
    expect(host.length).toBeLessThan(88)
    await postgres.ensureServices(['wallet'])
    await postgres.stop()
    await rm(host, { recursive: true })
  })

  it('keeps one older log when the log has grown', async () => {
    const data = join(directory, 'data')
    await mkdir(data)
    await chmod(data, 0o711)
    await writeFile(join(data, 'postgres.log'), 'old '.repeat(300_000))
    await (await start(data)).stop()
    expect((await stat(join(data, 'postgres.log'))).size).toBeLessThan(10_000)
    expect((await stat(join(data, 'postgres.log.1'))).size).toBe(1_200_000)
  })
})

describe.skipIf(!isRoot())('as root (skipped for other users, who cannot become one)', () => {
  it('places the database elsewhere when its user cannot reach the data directory, and finds it after a move', async () => {
    const data = join(directory, 'data')
    await mkdir(data, { mode: 0o700 })
    const steps: string[] = []
    const first = await start(data, (step) => steps.push(step))
    const id = (await readFile(join(data, 'postgres-id'), 'utf8')).trim()
    expect(steps).toEqual([
      `the database lies in /var/lib/sallyport/${id}, because the user it runs as cannot reach ${data}`,
    ])
    expect(first.connection('a', 'owner').host).toBe(`/var/lib/sallyport/${id}/socket`)
    await first.ensureServices(['wallet'])
    await first.stop()

    await rename(data, join(directory, 'moved'))
    const second = await start(join(directory, 'moved'))
    expect(second.origin).toBe('started')
    await second.stop()
    await rename(join(directory, 'moved'), data)
    expect((await readdir(data)).sort()).toEqual(['owner', 'postgres-id', 'postgres.log'])
  })

  it('begins anew when the data directory was removed', async () => {
    const data = join(directory, 'data')
    await mkdir(data, { mode: 0o700 })
    await (await start(data)).stop()
    const id = (await readFile(join(data, 'postgres-id'), 'utf8')).trim()
    await rm(data, { recursive: true })
    await mkdir(data, { mode: 0o700 })
    const again = await start(data)
    expect(again.origin).toBe('created')
    await again.stop()
    await rm(join('/var/lib/sallyport', id), { recursive: true })
  })

  it('refuses a database in the data directory that its user can no longer reach', async () => {
    const data = join(directory, 'data')
    await (await start(data)).stop()
    await chmod(directory, 0o700)
    await expect(start(data)).rejects.toThrow('it holds a database that its user')
    await chmod(directory, 0o711)
  })

  it('copies the programs once, whole, to where the user can run them', async () => {
    const user = await ensureSystemUser()
    const hidden = join(directory, 'hidden')
    await cp(await locateNative(), hidden, { recursive: true, verbatimSymlinks: true })
    await chmod(hidden, 0o700)
    expect(await probeBinaries(hidden, user)).toBeUndefined()
    const source = await probeBinaries(hidden, undefined)
    if (!source) throw new Error('the copy for the test does not run')
    const steps: string[] = []
    const copy = () => copyBinaries(source, join(directory, 'home'), (step) => steps.push(step))
    const [target, same] = await Promise.all([copy(), copy()])
    expect(same).toBe(target)
    expect(await copy()).toBe(target)
    expect(await probeBinaries(target, user)).toMatchObject({ major: '18' })
    expect(await readdir(join(directory, 'home', 'binaries'))).toEqual([source.version])
    expect(steps.length).toBeLessThanOrEqual(2)
  })

  it('says when the disk is full', async ({ skip }) => {
    const small = join(directory, 'small')
    await mkdir(small)
    const { status } = await run('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'tmpfs', small])
    if (status !== 0) skip('file systems cannot be mounted here')
    try {
      await expect(start(join(small, 'data'))).rejects.toMatchObject({
        name: 'DirectoryUnusable',
        message: expect.stringContaining('the disk is full; free some space'),
      })
      expect((await readdir(join(small, 'data'))).filter((name) => name.startsWith('postgres.'))).toEqual([])
      await run('mount', ['-o', 'remount,ro', small])
      await expect(start(join(small, 'data'))).rejects.toThrow('read-only file system')
    } finally {
      await run('umount', ['-l', small])
    }
  })

  it('starts the database of an ordinary user, who gets it back', async ({ skip }) => {
    if (!(await canEnter(nobody, import.meta.dirname))) skip('an ordinary user cannot reach this checkout')
    await chown(directory, nobody.uid, nobody.gid)
    const data = join(directory, 'data')
    const first = startProgram(data, nobody)
    expect(await first.until('ready', 'refused')).toMatchObject({ event: 'ready', origin: 'created' })
    expect(await ownerAndMode(data)).toEqual({ uid: nobody.uid, mode: 0o700 })
    await first.stop()
    const second = await startEmbeddedPostgres({ dataDirectory: data, settings: { fsync: 'off' } })
    expect(second.origin).toBe('started')
    await second.stop()
    const third = startProgram(data, nobody)
    expect(await third.until('ready', 'refused')).toMatchObject({ event: 'ready', origin: 'started' })
    await third.stop()
  })

  it('refuses an ordinary user what is not theirs', async ({ skip }) => {
    if (!(await canEnter(nobody, import.meta.dirname))) skip('an ordinary user cannot reach this checkout')
    const refused = startProgram(join(directory, 'data'), nobody)
    expect(await refused.until('ready', 'refused')).toMatchObject({
      name: 'DirectoryUnusable',
      message: `the data directory ${directory}/data cannot be used: permission is denied; give this user the right to write there, or choose another SALLYPORT_DATA`,
    })
  })
})

describe('a platform without PostgreSQL', () => {
  it('is named', async () => {
    await expect(locateNative('plan9', 'mips')).rejects.toThrow('no embedded PostgreSQL for plan9-mips')
  })
})
