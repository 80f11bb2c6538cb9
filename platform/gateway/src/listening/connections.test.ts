import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Connections } from './connections.ts'

function from(address: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: address })
}

it('counts the connections of a whole IPv6 network as those of one client', () => {
  const connections = new Connections(2)
  const sockets = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1', '192.0.2.1', '192.0.2.2'].map(from)
  for (const socket of sockets) connections.count(socket)
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false, true, false, false, false])
})
