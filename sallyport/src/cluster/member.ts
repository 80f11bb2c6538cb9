/** How a process of the cluster is: `waiting` is until it is started again after it ended by itself. */
export type MemberState = 'starting' | 'running' | 'stopping' | 'stopped' | 'waiting'

/** A process of the cluster, which can be stopped and started alone. */
export interface Member {
  /** Such as `enrollment.2` or `secondary-1`. */
  readonly name: string
  readonly state: MemberState
  readonly pid: number | undefined
  /** Where it listens. */
  readonly url: string
  /** Starts it unless it runs; resolves once it works. @throws {MemberFailed} */
  start(): Promise<void>
  /** Stops it in order, and it stays so until it is started. */
  stop(): Promise<void>
}

/** A process of the cluster did not come to work. */
export class MemberFailed extends Error {
  override name = 'MemberFailed'
}
