import { Type } from 'typebox'
import { signedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { fileContent } from '../files.ts'
import { PersonalPicturesData } from '../identity/pictures.ts'
import { quota } from '../quotas.ts'
import { route, type Surface } from '../route.ts'
import { AuctionData } from './export-of-auction.ts'
import { EnrollmentData } from './export-of-enrollment.ts'
import { GachaData } from './export-of-gacha.ts'
import { IdentityData } from './export-of-identity.ts'
import { PicturesData } from './export-of-pictures.ts'
import { WalletData } from './export-of-wallet.ts'
import { Time } from './fields.ts'

/** The services that hold something of people besides identity, in the order of an export. */
export const exportingServices = ['wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const
export type ExportingService = (typeof exportingServices)[number]

/** The parts of an export. */
export const exportParts = ['identity', ...exportingServices] as const
export type ExportPart = (typeof exportParts)[number]

/** What is in each part, by its sections. */
export const exportSections = {
  identity: IdentityData,
  wallet: WalletData,
  gacha: GachaData,
  auction: AuctionData,
  enrollment: EnrollmentData,
  pictures: PicturesData,
} as const

/** Everything that is held of somebody. */
export const PersonalData = Type.Object({
  format: Type.Literal('sallyport-personal-data/1'),
  account: Type.String({ description: 'the uid' }),
  exported_at: Time,
  identity: Type.Required(IdentityData),
  wallet: Type.Required(WalletData),
  gacha: Type.Required(GachaData),
  auction: Type.Required(AuctionData),
  enrollment: Type.Union([Type.Required(EnrollmentData), Type.Null()], {
    description: 'null for whom it never knew: who never had a role of the enrollment system',
  }),
  pictures: Type.Required(PicturesData),
  complete: Type.Literal(true, { description: 'comes last: without it the bundle was cut off' }),
})

/** How often somebody may have everything exported; what is downloaded on the pages of the account is counted there. */
export const exportQuota = quota('personal-data-export', 'account', '10/hour')

export const exportOwnData = route({
  name: 'exportOwnData',
  summary:
    'Everything that every service holds of the caller, as one bundle; only for who signed in within the last five minutes',
  method: 'GET',
  path: '/v1/me/export',
  door: 'public',
  access: signedIn,
  quotas: [exportQuota],
  replies: { 200: fileContent(['application/json'], PersonalData) },
})

/** The signed-in form of what the pictures service tells by address and password (pictures S-F4). */
export const readOwnPicturesData = route({
  name: 'readOwnPicturesData',
  summary:
    'What the pictures service knows of the caller, who is registered there; only for who signed in within the last five minutes',
  method: 'GET',
  path: '/v1/me/pictures',
  door: 'public',
  access: signedIn,
  replies: { 200: PersonalPicturesData },
})

const notForYou = problem(403, 'Forbidden', { detail: 'this is somebody else’s' })

/** What people see of what is held of them. */
export const ownExport: Surface = {
  name: 'identity.own-export',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/me' },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [exportOwnData, readOwnPicturesData],
}
