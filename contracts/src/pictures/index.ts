import { internal } from '../privacy/export-of-pictures.ts'
import { erasureSurface } from '../privacy/erasure.ts'
import type { ServiceContract } from '../route.ts'
import { ownPictures } from './own.ts'
import { downloadPicture, readPictureOfTheDay, sharing, uploadPicture } from './sharing.ts'

export * from './own.ts'
export * from '../privacy/export-of-pictures.ts'
export * from './quotas.ts'
export * from './sharing.ts'

/** `monolith`: pictures of its own. `microservice`: NASA's picture of the day (pictures S-1). */
export const picturesModes = ['monolith', 'microservice'] as const
export type PicturesMode = (typeof picturesModes)[number]

/** The largest file that is taken, unless the operator wants something else. */
export const uploadLimitBytes = 10 * 1024 * 1024

export interface PicturesChoices {
  readonly mode: PicturesMode
  readonly uploadLimitBytes: number
}

/** The contract as an operator wants it: what a mode does not have is on no door (pictures S-9). */
export function picturesContractFor({ mode, uploadLimitBytes }: PicturesChoices): ServiceContract {
  const surfaces =
    mode === 'monolith'
      ? [sharing([downloadPicture, uploadPicture], uploadLimitBytes), ownPictures, internal]
      : [sharing([readPictureOfTheDay], 0), internal]
  return { name: 'pictures', title: 'Pictures', surfaces: [...surfaces, erasureSurface('pictures')] }
}

export const picturesContract: ServiceContract = picturesContractFor({ mode: 'monolith', uploadLimitBytes })

/** The contracts, with that of pictures as an operator wants it. */
export function withPictures(contracts: readonly ServiceContract[], choices: PicturesChoices): ServiceContract[] {
  return contracts.map((contract) => (contract.name === 'pictures' ? picturesContractFor(choices) : contract))
}
