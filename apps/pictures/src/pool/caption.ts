import { pictures } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Caption, parseDay } from './picture.ts'

export class InvalidCaption extends Rejection {
  override name = 'InvalidCaption'
  readonly code = 'invalid-caption'
  readonly reason = 'invalid'
}

const { title, explanation, copyright } = pictures.uploadPicture.form.properties
const texts = Compile(Type.Object({ title, explanation, copyright }))

/** What is said of a picture that comes from the operator, by the rules of an upload. @throws {InvalidCaption} @throws {InvalidDate} */
export function parseCaption(said: {
  readonly title: string
  readonly explanation: string
  readonly date: string
  readonly copyright?: string | undefined
}): Caption {
  const { date, copyright, ...required } = said
  const given = { ...required, ...(copyright !== undefined && { copyright }) }
  if (!texts.Check(given)) {
    const field = texts.Errors(given)[0]?.instancePath.slice(1) ?? 'title'
    throw new InvalidCaption(`${field}: must be text of the length that an upload has`)
  }
  return { ...required, copyright, date: parseDay(date) }
}
