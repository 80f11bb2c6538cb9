/** The services behind the doors. */
export const serviceNames = ['identity', 'wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const
export type ServiceName = (typeof serviceNames)[number]

/** The parts that can run alone. Each has a database and a key of its own. */
export const partNames = [...serviceNames, 'gateway'] as const
export type PartName = (typeof partNames)[number]
