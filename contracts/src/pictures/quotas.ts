import { quota } from '../quotas.ts'

/** How often pictures may be called, by the names of the quotas (pictures S-46, S-47): one of each over all routes. */
export const picturesRates = { pictures: '80/hour,80/day', 'pictures-address': '80/hour,80/day' } as const

export type PicturesQuota = keyof typeof picturesRates

/** What every call of the pictures service counts in, also those that identity answers. */
export const picturesQuotas = [
  quota('pictures', 'key', picturesRates.pictures),
  quota('pictures-address', 'address', picturesRates['pictures-address']),
]
