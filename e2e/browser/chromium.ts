import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'

const cache = fileURLToPath(new URL('../../node_modules/.cache/sallyport-chromium/', import.meta.url))
/** The folder of what is unpacked is named for it, so that another version gets another one. */
const version = '153.0.0'

/**
 * Starts a browser: the one that `SALLYPORT_TEST_CHROMIUM` names, or the one that npm brought, or, where npm has none that
 * runs, the Chrome that is installed.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch(await launchOptions())
}

async function launchOptions(): Promise<LaunchOptions> {
  const named = process.env['SALLYPORT_TEST_CHROMIUM']
  if (named !== undefined && named !== '') return { executablePath: named }
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' }
  const home = join(cache, version)
  if (!(await exists(home))) await unpack(home)
  return {
    executablePath: join(home, 'chromium'),
    // Its own libraries and font: the smallest systems have none, and pages look alike everywhere.
    env: {
      ...environment(),
      LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
    },
  }
}

/** Several test files may come here at once: each unpacks for itself, and the first to be done stays. */
async function unpack(home: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const own = await mkdtemp(join(cache, 'unpacking-'))
  const script = fileURLToPath(new URL('unpack-chromium.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [script, home], { env: { ...environment(), TMPDIR: own } })
  try {
    await rename(own, home)
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    if (!(await exists(home))) throw error
  }
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
