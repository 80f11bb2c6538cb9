/** The services that have a database of their own. */
export const databaseServices = ['identity', 'wallet', 'gacha', 'auction'] as const
export type DatabaseService = (typeof databaseServices)[number]
