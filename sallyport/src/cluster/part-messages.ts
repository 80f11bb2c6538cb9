/*
 * What a part and the cluster that has started it say to each other, over the channel between a process and its child.
 */

const working = 'working'

/** Says to the cluster that this process works; says nothing where there is no cluster. */
export function reportWorking(): void {
  process.send?.(working)
}

export function isWorking(message: unknown): boolean {
  return message === working
}

/** Calls back when the cluster is gone that has started this process: nobody would ever end it. */
export function onClusterGone(callback: () => void): void {
  process.once('disconnect', callback)
}
