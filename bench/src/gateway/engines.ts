import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Cores } from '../cores.ts'
import { freePort, type Running, startProgram } from './running.ts'
import { thing } from './shop.ts'

const execute = promisify(execFile)

/** Whether a program is installed here. */
export function isInstalled(command: string): Promise<boolean> {
  return execute('which', [command]).then(
    () => true,
    () => false,
  )
}

/** nginx that answers everything itself, with what the services answer. */
export async function startNginxUpstream(directory: string, cores: Cores): Promise<Running> {
  const port = await freePort()
  const answer = `default_type application/json; return 200 '${JSON.stringify(thing)}';`
  return startNginx(directory, 'upstream', port, `location / { ${answer} }`, cores)
}

/** nginx that passes everything on. */
export async function startNginxProxy(directory: string, upstream: string): Promise<Running> {
  const port = await freePort()
  const server = `location / { proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection ""; }`
  const { host } = new URL(upstream)
  return startNginx(directory, 'proxy', port, server, 'first', `upstream upstream { server ${host}; keepalive 256; }`)
}

/** nginx that hands out the files below a directory. */
export async function startNginxFiles(root: string): Promise<Running> {
  const server = `root ${root}; sendfile on; tcp_nopush on; open_file_cache max=100;`
  return startNginx(root, 'files', await freePort(), server, 'first', 'types { image/jpeg jpg; image/webp webp; }')
}

async function startNginx(
  directory: string,
  name: string,
  port: number,
  server: string,
  cores: Cores,
  http = '',
): Promise<Running> {
  const file = `${directory}/nginx-${name}.conf`
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${name}-${kind};`)
    .join(' ')
  await writeFile(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${directory}/nginx-${name}.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; ${paths}
  ${http}
  server { listen 127.0.0.1:${port}; ${server} }
}
`,
  )
  return startProgram('nginx', ['-c', file, '-p', directory, '-e', 'stderr'], port, cores)
}

/** HAProxy that lets through whoever has a token that the key has signed; nothing else of the token is looked at. */
export async function startHaproxy(
  directory: string,
  { upstream, name, publicPem }: { readonly upstream: string; readonly name: string; readonly publicPem: string },
): Promise<Running> {
  const port = await freePort()
  const [file, key] = [`${directory}/haproxy-${name}.cfg`, `${directory}/key.pem`]
  await writeFile(key, publicPem)
  await writeFile(
    file,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  http-reuse always
frontend door
  bind 127.0.0.1:${port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify("RS256","${key}") -m int 1 }
  default_backend service
backend service
  server one ${new URL(upstream).host}
`,
  )
  return startProgram('haproxy', ['-db', '-q', '-f', file], port, 'first')
}
