import { type Static, Type } from 'typebox'
import { internalSurface } from '../internal-surface.ts'
import { personalDataRoute } from './export.ts'
import { list, orNull, Time } from './fields.ts'

export const PicturesData = Type.Object({
  uploads: list(
    Type.Object({
      id: Type.String(),
      title: Type.String(),
      explanation: Type.String(),
      date: Type.String({ description: 'YYYY-MM-DD' }),
      copyright: orNull(Type.String()),
      media_type: Type.String(),
      width: Type.Integer(),
      height: Type.Integer(),
      bytes: Type.Integer(),
      state: Type.String({ description: 'pending, accepted or refused' }),
      file: orNull(
        Type.String({ description: 'where the picture is, as long as it is in the pool: a path at the door' }),
      ),
      added_at: Time,
    }),
  ),
})
export type PicturesData = Static<typeof PicturesData>

export const exportPersonalData = personalDataRoute('pictures', 'the uid of the account', PicturesData)

export const internal = internalSurface('pictures', [exportPersonalData])
