import { spawn, spawnSync } from 'node:child_process'

/*
 * Has clients that Debian ships sign in here: Apache with mod_auth_openidc, and Authlib. Installs them when they are not
 * there and that is possible; says so and is content when it is not.
 */

/** No step of the installation may take longer, in milliseconds. */
const aptLimitMs = 120_000
/** Of Apache the server alone, without the service that would be started. */
const packages = ['apache2-bin', 'libapache2-mod-auth-openidc', 'python3-authlib', 'python3-requests']

if (areInstalled() || install()) {
  const tests = spawn('vitest', ['run', '--project', 'clients', '--reporter', 'verbose'], { stdio: 'inherit' })
  tests.once('close', (code) => (process.exitCode = code ?? 1))
} else {
  process.stdout.write(`not run: packages cannot be installed (${packages.join(' ')})\n`)
}

function areInstalled(): boolean {
  const { status, stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}\n', ...packages])
  return status === 0 && stdout.toString().trim() === packages.map(() => 'installed').join('\n')
}

function install(): boolean {
  if (process.getuid?.() !== 0) return false
  const apt = (...args: string[]): boolean => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { status } = spawnSync('apt-get', ['-qq', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: aptLimitMs,
    })
    return status === 0
  }
  return apt('update') && apt('install', '--yes', '--no-install-recommends', ...packages)
}
