import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeDataDirectory } from '../support/data-directory.ts'

/** An Apache by itself, with nothing of the system's configuration. */
export interface Apache {
  stop(): Promise<void>
}

const binary = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'
const startLimitMs = 10_000
/** The one that the manual shows. */
const example = fileURLToPath(new URL('examples/apache.conf', import.meta.url))

/** Starts an Apache whose pages say in their headers whom it believes to see; the settings are those of the example. */
export async function startApache(port: number, settings: Readonly<Record<string, string>>): Promise<Apache> {
  const directory = await makeDataDirectory()
  const pages = join(directory, 'pages')
  await mkdir(pages)
  await writeFile(join(pages, 'index.html'), 'inside')
  await writeFile(join(pages, 'signed-out'), 'outside')
  await chmod(pages, 0o755)
  const configuration = join(directory, 'apache.conf')
  await writeFile(configuration, frameOf(directory, port))
  const child = spawn(binary, ['-f', configuration, '-D', 'FOREGROUND'], { env: { ...settings }, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  const deadline = performance.now() + startLimitMs
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      const log = await readFile(join(directory, 'error.log'), 'utf8').catch(() => 'it wrote no log')
      await stop()
      throw new Error(`Apache does not start:\n${log}`)
    }
    await sleep(20)
  }
  return { stop }
}

function frameOf(directory: string, port: number): string {
  const needed = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'headers', 'dir']
  return [
    `ServerRoot ${directory}`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    ...needed.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
    // Counts only when root starts it.
    'User www-data',
    'Group www-data',
    'ServerLimit 1',
    'ThreadsPerChild 8',
    'MaxRequestWorkers 8',
    `PidFile ${directory}/apache.pid`,
    `ErrorLog ${directory}/error.log`,
    `DefaultRuntimeDir ${directory}`,
    `DocumentRoot ${directory}/pages`,
    'DirectoryIndex index.html',
    'Header set x-remote-user "expr=%{REMOTE_USER}"',
    'Header set x-claims "expr=%{req:OIDC_CLAIM_sub} %{req:OIDC_CLAIM_email} %{req:OIDC_CLAIM_iss}"',
    `Include ${example}`,
    '',
  ].join('\n')
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://localhost:${port}/signed-out`).then(
    () => true,
    () => false,
  )
}
