import type { identity } from '@sallyport/contracts'
import type { Static } from 'typebox'

type Data = { readonly [Part in identity.ExportPart]: Static<(typeof identity.exportSections)[Part]> }
type RecordOf<Section> = Section extends readonly (infer Record)[] ? Record : Section
type KeyOf<Value> = Value extends object ? keyof Value & string : never

/** The sections of every part of an export. */
export type DataSection = { [Part in identity.ExportPart]: KeyOf<Data[Part]> }[identity.ExportPart]
/** The fields of every record of an export. */
export type DataField = {
  [Part in identity.ExportPart]: {
    [Section in keyof Data[Part]]-?: KeyOf<RecordOf<NonNullable<Data[Part][Section]>>>
  }[keyof Data[Part]]
}[identity.ExportPart]

/** What the pages say about everything that is held of somebody. */
export interface DataWords {
  readonly title: string
  readonly intro: string
  readonly download: string
  readonly downloadText: string
  readonly back: string
  readonly more: string
  readonly nothing: string
  /** Of a service that surely never knew somebody. */
  readonly unknown: string
  readonly unavailable: string
  readonly underWay: string
  readonly yes: string
  readonly no: string
  readonly parts: Readonly<Record<identity.ExportPart, string>>
  readonly sections: Readonly<Record<DataSection, string>>
  readonly fields: Readonly<Record<DataField, string>>
}
