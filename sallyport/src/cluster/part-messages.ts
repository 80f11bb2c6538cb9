/*
 * What a part and the cluster that has started it say to each other, over the channel between a process and its child.
 */

const working = 'working'

/** Says to the cluster that this process works; says nothing where there is no cluster. */
export function reportWorking(): void {
  if (process.connected) process.send?.(working)
}

export function isWorking(message: unknown): boolean {
  return message === working
}

/** Says to the cluster that the files of a copy of the database turned out to be damaged. */
export function reportDamage(copy: string): void {
  if (process.connected) process.send?.({ damaged: copy })
}

/** The copy that such a message is about. */
export function damagedCopyIn(message: unknown): string | undefined {
  const copy: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'damaged') : undefined
  return typeof copy === 'string' ? copy : undefined
}

/** Calls back when the cluster is gone that has started this process: nobody would ever end it. */
export function onClusterGone(callback: () => void): void {
  // It may have gone before anybody listened.
  if (process.send && !process.connected) callback()
  else process.once('disconnect', callback)
}
