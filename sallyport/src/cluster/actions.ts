/** What can be asked of one process of the cluster. */
export const actions = ['stop', 'start', 'restart'] as const
export type Action = (typeof actions)[number]
