import { randomInt } from 'node:crypto'
import { pictures } from '@sallyport/contracts'
import { isUnreachable, type ServiceDatabase } from '@sallyport/database'
import type { Clock, Dice } from '@sallyport/kernel'
import { type Authentication, createService, type Service } from '@sallyport/service'
import type { Logger } from 'pino'
import { createPictureOfTheDay } from './apod/picture-of-the-day.ts'
import { fetchRecord } from './apod/upstream.ts'
import { filesInDirectory } from './files/picture-files.ts'
import { rememberingFiles } from './files/remembered-files.ts'
import type { PicturesDatabase } from './pictures-database.ts'
import { createPool } from './pool/pool.ts'
import { erasureRoutes } from './privacy/erasure.ts'
import { seedStarterSet } from './starter-set/seeding.ts'
import { startSweeping } from './sweeping/sweeping.ts'
import { internalRoutes } from './surfaces/internal.ts'
import { ownRoutes } from './surfaces/own-routes.ts'
import { pictureOfTheDayRoutes } from './surfaces/picture-of-the-day.ts'
import { sharingRoutes } from './surfaces/sharing.ts'
import { createUploads } from './uploads/uploads.ts'

/** What an operator chooses about pictures. */
export interface PicturesChoices extends pictures.PicturesChoices {
  /** The directory of the files of pictures. */
  readonly directory: string
  readonly mostPixels: number
  /** Whether somebody looks at uploads before they join the pool. */
  readonly isModerated: boolean
  /** Where NASA's picture of the day comes from, and with which key; for the microservice alone. */
  readonly apod: { readonly url: string; readonly key: string }
}

/** What pictures are made of. The database must have the tables of `migrations`; who opened it closes it. */
export interface PicturesParts {
  readonly database: ServiceDatabase<PicturesDatabase>
  readonly authentication: Authentication
  readonly log: Logger
  readonly clock: Clock
  readonly choices: PicturesChoices
  /** Which picture is drawn; a CSPRNG unless told otherwise. */
  readonly dice?: Dice
}

const secureDice: Dice = { roll: (sides) => randomInt(sides) }

/** How long NASA may take, in milliseconds: less than the doors wait. */
const upstreamLimitMs = 8000

/** Assembles the pictures service in the mode that was chosen (pictures S-1). */
export async function buildPictures(parts: PicturesParts): Promise<Service> {
  const { choices } = parts
  return choices.mode === 'microservice' ? buildMicroservice(parts) : buildMonolith(parts)
}

/** Pictures of its own. Its `start` puts the starter set into a fresh store. */
async function buildMonolith(parts: PicturesParts): Promise<Service> {
  const { database, authentication, log, clock, choices, dice = secureDice } = parts
  const { db } = database
  const { uploadLimitBytes, isModerated, mostPixels } = choices
  const files = rememberingFiles(filesInDirectory(choices.directory))
  const pool = createPool({ db, files, dice })
  const uploads = createUploads({ db, files, clock, mostPixels })
  let sweeping: ReturnType<typeof startSweeping> | undefined
  return createService({
    contract: pictures.picturesContractFor(choices),
    authentication,
    log,
    routes: [
      ...sharingRoutes({ pool, uploads, uploadLimitBytes, isModerated }),
      ...ownRoutes(pool),
      ...internalRoutes(db),
      ...erasureRoutes({ db, files, clock }),
    ],
    isUnavailable: isUnreachable,
    checks: { database: () => database.ping() },
    async start() {
      if (await seedStarterSet({ db, uploads, clock })) log.info('the starter set was put into the pool')
      sweeping ??= startSweeping({ db, files, clock, log })
    },
    stop: async () => sweeping?.stop(),
  })
}

/** NASA's picture of the day; what was uploaded before is kept, told to whoever it is of, and erased when they want it. */
function buildMicroservice({ database, authentication, log, clock, choices }: PicturesParts): Promise<Service> {
  const upstream = { ...choices.apod, timeoutMs: upstreamLimitMs }
  const pictureOfTheDay = createPictureOfTheDay({ fetchRecord: () => fetchRecord(upstream, log), clock })
  return createService({
    contract: pictures.picturesContractFor(choices),
    authentication,
    log,
    routes: [
      ...pictureOfTheDayRoutes(pictureOfTheDay),
      ...internalRoutes(database.db),
      ...erasureRoutes({ db: database.db, files: filesInDirectory(choices.directory), clock }),
    ],
    isUnavailable: isUnreachable,
  })
}
