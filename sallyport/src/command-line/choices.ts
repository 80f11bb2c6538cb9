/** The services that have jobs, and auction, whose auctions themselves say what is left to do. */
export const jobServices = ['identity', 'gacha', 'auction'] as const
export type JobService = (typeof jobServices)[number]

export const pictureStates = ['pending', 'accepted', 'refused'] as const
export type PictureState = (typeof pictureStates)[number]
