import { type Static, Type } from 'typebox'
import type { SignedIn } from '../access.ts'
import { picturesDialect, picturesInfo } from '../dialects/pictures.ts'
import { fileContent, uploadedFile } from '../files.ts'
import { type Route, route, type Surface } from '../route.ts'
import { demoKey, guestScope } from './demo-key.ts'
import { picturesQuotas } from './quotas.ts'

export const downloader: SignedIn = { who: 'account', scope: guestScope }
const guestKey = { text: demoKey, scope: guestScope } as const
/** The demo key is for the download alone (pictures S-34). */
const visitorOrDownloader: SignedIn = { ...downloader, guestKey }
/** Whoever comes with the demo key hears that it is for less than this, and not that it is none. */
const uploader: SignedIn = { who: 'account', scope: 'pictures:upload', guestKey }

/** The kinds of pictures there are, in the pool and in uploads. */
export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'] as const

/**
 * So many characters, not all of them blank and none of them invisible but those that join and part others: Persian and
 * families of emoji are not written without.
 */
function line(most: number, example: string) {
  return Type.String({
    pattern: `^(?=.*[^\\p{C}\\s])(?:[^\\p{C}]|[\\u200c\\u200d]){1,${most}}$`,
    description: `1 to ${most} characters on one line`,
    examples: [example],
  })
}

export const downloadPicture = route({
  name: 'downloadPicture',
  summary: 'One picture of the pool, each as likely as any other',
  method: 'GET',
  path: '/pictures/api/v1/download',
  door: 'public',
  access: visitorOrDownloader,
  anyOrigin: true,
  replies: { 200: fileContent(pictureTypes) },
})

export const uploadPicture = route({
  name: 'uploadPicture',
  summary: 'Add a picture to the pool',
  method: 'POST',
  path: '/pictures/api/v1/upload',
  door: 'public',
  access: uploader,
  form: Type.Object({
    file: uploadedFile('JPEG, PNG or WebP'),
    title: line(100, 'Orion'),
    explanation: Type.String({
      pattern: '^(?=[^]*\\S)[^\\u0000]{1,2000}$',
      description: '1 to 2000 characters',
      examples: ['Three stars in a row.'],
    }),
    date: Type.String({ description: 'YYYYMMDD or YYYY-MM-DD', examples: ['2026-07-04'] }),
    copyright: Type.Optional(line(100, 'Grace Hopper')),
  }),
  replies: { 201: Type.Object({ Info: Type.String() }) },
})

/** A picture of the day as NASA describes it (pictures S-50). */
export const ApodRecord = Type.Object({
  date: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  title: Type.String(),
  explanation: Type.String(),
  // Days whose picture is something else, such as a page of its own, have no address (S-50 speaks of the usual ones).
  url: Type.Optional(Type.String()),
  media_type: Type.String({ description: 'image or video' }),
  service_version: Type.String(),
  hdurl: Type.Optional(Type.String({ description: 'absent for most videos' })),
  copyright: Type.Optional(Type.String({ description: 'absent in the public domain' })),
})
export type ApodRecord = Static<typeof ApodRecord>

/** The download of a service whose pictures are NASA's (pictures S-23). */
export const readPictureOfTheDay = route({
  name: 'readPictureOfTheDay',
  summary: "Today's astronomy picture of the day",
  method: 'GET',
  path: '/pictures/api/v1/download',
  door: 'public',
  access: visitorOrDownloader,
  anyOrigin: true,
  replies: { 200: ApodRecord },
})

const forbidden = picturesInfo(401, 'This is not for you')

/** The text fields of an upload, and what holds a form together. */
const formBytes = 64 * 1024

/** Where clients of the pictures service know it. */
export function sharing(routes: readonly Route[], uploadLimitBytes: number): Surface {
  return {
    name: 'pictures.sharing',
    dialect: picturesDialect,
    decidedBy: 'door',
    prefixes: { public: '/pictures' },
    anyCase: true,
    forbidden: { public: { 'wrong-role': forbidden, 'not-self': forbidden } },
    quotas: picturesQuotas,
    bodyLimitBytes: uploadLimitBytes + formBytes,
    routes,
  }
}
