import type { Readable } from 'node:stream'
import { IsObject, type TSchema, Type, type TUnsafe } from 'typebox'

/** A file that came in a form. Its name is the client's: nothing is to be called by it. */
export interface UploadedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What a route answers with that hands out a file. Whoever does not send it has to destroy a stream. */
export interface FileContent {
  readonly mediaType: string
  /** In bytes; undefined where it is made while it is sent. */
  readonly size: number | undefined
  readonly content: Readable | Uint8Array
}

const uploadMark = 'x-uploaded-file'
const contentMark = 'x-file-content'

/** A file among the fields of a form, which is `multipart/form-data` then. */
export function uploadedFile(description: string): TUnsafe<UploadedFile> {
  return Type.Unsafe<UploadedFile>({ [uploadMark]: true, contentMediaType: 'application/octet-stream', description })
}

/** The answer of a route that hands out a file of one of these media types. What `described` says of it is for readers of the description. */
export function fileContent(mediaTypes: readonly string[], described: TSchema = {}): TUnsafe<FileContent> {
  return Type.Unsafe<FileContent>({ ...described, [contentMark]: mediaTypes })
}

/** The media types of the files that a route answers with; undefined when it answers with no files. */
export function fileTypesOf(schema: TSchema): readonly string[] | undefined {
  const types: unknown = Reflect.get(schema, contentMark)
  return Array.isArray(types) ? types.filter((type) => typeof type === 'string') : undefined
}

export function isUploadedFile(schema: TSchema | undefined): boolean {
  return schema !== undefined && Object.hasOwn(schema, uploadMark)
}

/** Whether a form has a file among its fields. */
export function hasFile(form: TSchema | undefined): boolean {
  return form !== undefined && IsObject(form) && Object.values(form.properties).some(isUploadedFile)
}
