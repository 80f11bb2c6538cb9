import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { NoConnection } from './errors.ts'

/** Where connections lead. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** @param url such as `http://127.0.0.1:9090`; only its origin counts */
export function targetOf(url: string): Target {
  const { protocol, hostname, port } = new URL(url)
  const isSecure = protocol === 'https:'
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (isSecure ? 443 : 80),
    isSecure,
  }
}

export interface Connecting {
  /** For the connection to come about, in milliseconds. */
  readonly timeoutMs: number
  /**
   * Where what comes is read into, for a connection that is not encrypted: it costs less than a new buffer for each piece.
   * Without, and over TLS, the socket tells of what comes as any other does.
   */
  readonly onread?: OnReadOpts
  /** Told once, unless the socket is destroyed before. */
  readonly connected: () => void
}

/** Opens a connection of HTTP/1.1, over TLS where the other side proves the name in its address. Failing is a `NoConnection`. */
export function openSocket({ host, port, isSecure }: Target, { timeoutMs, onread, connected }: Connecting): Socket {
  const common = { host, port, noDelay: true }
  const socket = isSecure
    ? connectTls({ ...common, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
    : connectTcp({ ...common, ...(onread && { onread }) })
  const timer = setTimeout(() => socket.destroy(new NoConnection('no connection came about in time')), timeoutMs)
  socket
    .once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      connected()
    })
    .once('close', () => clearTimeout(timer))
  return socket
}
