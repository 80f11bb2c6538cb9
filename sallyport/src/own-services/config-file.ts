import { access, readFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { extname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { Mistake } from './mistakes.ts'
import { readConfig, type ReadConfig } from './read-config.ts'

/** A file says something that cannot be done. Every line names the file, the field and the reason. */
export class InvalidConfig extends Error {
  override name = 'InvalidConfig'
}

export interface ConfigFile {
  /** As it is shown to people. */
  readonly name: string
  readonly config: ReadConfig
}

/** What is looked for in the working directory when nobody has named a file. */
const usualNames = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `sallyport.config.${ending}`)
/** A file may await something; it does not do so for ever. */
const loadLimitMs = 10_000

/**
 * Reads the file that is named, or the one in this directory.
 *
 * @returns undefined when none is named and there is none
 * @throws {InvalidConfig}
 */
export async function loadConfigFile(
  named: string | undefined,
  directory = process.cwd(),
): Promise<ConfigFile | undefined> {
  const path = named === undefined ? await findUsual(directory) : resolve(directory, named)
  if (path === undefined) return undefined
  const name = nameOf(path, directory)
  const read = readConfig(await valueOf(path, name))
  if ('config' in read) return { name, config: read.config }
  throw new InvalidConfig(read.mistakes.map((mistake) => lineOf(name, mistake)).join('\n'))
}

function lineOf(file: string, { field, reason }: Mistake): string {
  return field === '' ? `${file}: ${reason}` : `${file}: ${field}: ${reason}`
}

async function findUsual(directory: string): Promise<string | undefined> {
  const found: string[] = []
  for (const name of usualNames) if (await exists(resolve(directory, name))) found.push(name)
  if (found.length > 1) throw new InvalidConfig(`${found.join(' and ')} are both there: name one in SALLYPORT_CONFIG`)
  return found[0] === undefined ? undefined : resolve(directory, found[0])
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function nameOf(path: string, directory: string): string {
  const short = relative(directory, path)
  return short.startsWith('..') ? path : short
}

async function valueOf(path: string, name: string): Promise<unknown> {
  if (!(await exists(path))) throw new InvalidConfig(`${name}: there is no such file, or it cannot be read`)
  if (!usualNames.some((usual) => extname(usual) === extname(path))) {
    throw new InvalidConfig(`${name}: must end with .ts, .mts, .js, .mjs or .json`)
  }
  try {
    if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'))
    const loaded: unknown = await within(loadLimitMs, importFile(path))
    const value: unknown = Reflect.get(Object(loaded), 'default')
    if (value === undefined) throw new InvalidConfig(`${name}: must export its configuration as default`)
    return value
  } catch (error) {
    throw error instanceof InvalidConfig ? error : new InvalidConfig(`${name}: ${explain(error, path)}`)
  }
}

async function importFile(path: string): Promise<unknown> {
  // Wherever the file is, `sallyport` is this very program: it need not be installed there.
  const hook = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'sallyport'
        ? { url: new URL('../index.ts', import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  })
  try {
    return await import(pathToFileURL(path).href)
  } finally {
    hook.deregister()
  }
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`it is not done within ${limitMs / 1000} seconds`)), limitMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What somebody needs who has to put the file right: the place and the reason, and no stack. */
function explain(error: unknown, path: string): string {
  if (!(error instanceof Error)) return `it throws ${inspect(error, { breakLength: Infinity }).slice(0, 200)}`
  const reason = error.message.split('\n')[0] ?? ''
  const place = new RegExp(`${RegExp.escape(path)}:(\\d+)`).exec(`${error.message}\n${error.stack ?? ''}`)
  return place ? `line ${place[1]}: ${reason}` : reason
}
