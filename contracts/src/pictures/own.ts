import { Type } from 'typebox'
import { problemDetails } from '../dialects/problem-details.ts'
import { fileContent } from '../files.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { route, type Surface } from '../route.ts'
import { picturesQuotas } from './quotas.ts'
import { downloader, pictureTypes } from './sharing.ts'

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'YYYY-MM-DD' })

export const Picture = Type.Object({
  id: Type.String(),
  title: Type.String(),
  explanation: Type.String(),
  date: Day,
  copyright: Type.Union([Type.String(), Type.Null()]),
  media_type: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  bytes: Type.Integer(),
})

const PictureParams = Type.Object({ pictureId: Type.String() })
const Conditions = Type.Object({ 'if-none-match': Type.Optional(Type.String({ maxLength: 1000 })) })

export const pageThroughPictures = route({
  name: 'pageThroughPictures',
  summary: 'The pictures of the pool by date, newest first, in pages',
  method: 'GET',
  path: '/v1/pictures',
  door: 'public',
  access: downloader,
  anyOrigin: true,
  query: pageQuery({ from: Type.Optional(Day), to: Type.Optional(Day) }),
  replies: { 200: pageOf(Picture) },
})

export const readPicture = route({
  name: 'readPicture',
  summary: 'What is known of one picture',
  method: 'GET',
  path: '/v1/pictures/:pictureId',
  door: 'public',
  access: downloader,
  anyOrigin: true,
  params: PictureParams,
  replies: { 200: Picture },
})

export const readPictureFile = route({
  name: 'readPictureFile',
  summary: 'The picture itself, whole or smaller; 304 to who has it already',
  method: 'GET',
  path: '/v1/pictures/:pictureId/file',
  door: 'public',
  access: downloader,
  anyOrigin: true,
  params: PictureParams,
  query: Type.Object({
    size: Type.Optional(
      Type.Union([Type.Literal('small'), Type.Literal('medium'), Type.Literal('full')], {
        description: 'small fits into 256 pixels, medium into 1024; full without it',
      }),
    ),
  }),
  headers: Conditions,
  replies: { 200: fileContent(pictureTypes), 304: Type.Null() },
})

export const ownPictures: Surface = {
  name: 'pictures.own',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/pictures' },
  forbidden: {},
  quotas: picturesQuotas,
  routes: [pageThroughPictures, readPicture, readPictureFile],
}
