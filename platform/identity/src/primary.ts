import type { Replicas } from '@sallyport/database'
import type { IdentityDatabase } from './identity-database.ts'

type Nodes = Pick<Replicas<IdentityDatabase>, 'nodes'>

/** Whether the copy for writing is there, as far as is known. */
export function isPrimaryUp(copies: Nodes): boolean {
  return copies.nodes().some(({ name, state }) => name === 'primary' && state === 'up')
}

/** Whether there is nothing but standbys. Known without asking: a server that hangs would keep whoever wants to know. */
export function isOnStandbys(copies: Nodes): boolean {
  return !isPrimaryUp(copies) && copies.nodes().some(({ state }) => state === 'up')
}
