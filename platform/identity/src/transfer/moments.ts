import { type Fields, type RecordField, UnfitRecord } from './record-fields.ts'

const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * A date and time as ISO 8601 and databases write it; without a zone it is UTC.
 *
 * @throws {UnfitRecord} also for one that is yet to come
 */
export function readMoment(fields: Fields, name: RecordField, now: Date): Date | undefined {
  const value = fields.get(name)
  if (value === undefined) return undefined
  const moment = typeof value === 'string' ? parseMoment(value) : undefined
  if (!moment) throw new UnfitRecord(name, 'must be a time such as 2019-06-11T10:03:09Z')
  if (moment > now) throw new UnfitRecord(name, 'must not lie in the future')
  return moment
}

/**
 * Since when an account is in a state: said by a flag, by a moment, or by a moment in the place of the flag. A flag alone
 * means now.
 *
 * @throws {UnfitRecord} also when the two say different things
 */
export function readState(
  fields: Fields,
  { flag, moment }: { readonly flag: RecordField; readonly moment: RecordField | undefined },
  now: Date,
): Date | undefined {
  const [said, since] = [readFlag(fields, flag, now), moment && readFlag(fields, moment, now)]
  if (moment && said !== undefined && since !== undefined && (said === false) !== (since === false))
    throw new UnfitRecord(flag, `contradicts ${moment}`)
  if (since instanceof Date) return since
  if (said instanceof Date) return said
  return said === true || since === true ? now : undefined
}

function readFlag(fields: Fields, name: RecordField, now: Date): Date | boolean | undefined {
  const value = fields.get(name)
  if (typeof value === 'boolean') return value
  if (value !== undefined && (typeof value !== 'string' || !parseMoment(value)))
    throw new UnfitRecord(name, 'must be true, false, or a time such as 2019-06-11T10:03:09Z')
  return readMoment(fields, name, now)
}

function parseMoment(text: string): Date | undefined {
  const [, year, month, day, time = '00:00', zone = 'Z'] = iso.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined) return undefined
  // The 31st of February would be a day in March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined
  const moment = new Date(`${year}-${month}-${day}T${time}${zone}`)
  return Number.isNaN(moment.getTime()) ? undefined : moment
}
