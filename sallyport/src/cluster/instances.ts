import { partNames } from '../settings/parts.ts'
import { InvalidSettings } from '../settings/settings.ts'
import type { Instances } from './plan.ts'

/** Of these each keeps to itself what the others would have to know. */
const single = new Set(['gateway', 'identity'])
const most = 16

/** Reads how often parts run, such as `gacha=2`. @throws {InvalidSettings} */
export function readInstances(texts: readonly string[]): Instances {
  return Object.fromEntries(texts.map(readOne))
}

function readOne(text: string): [string, number] {
  const [, name = '', count = ''] = /^([a-z-]+)=(\d{1,2})$/.exec(text) ?? []
  const part = partNames.find((one) => one === name)
  if (!part) throw new InvalidSettings(`--instances ${text}: it has to be PART=NUMBER, of ${partNames.join(', ')}`)
  const number = Number(count)
  if (number < 1 || number > most) throw new InvalidSettings(`--instances ${text}: from 1 to ${most}`)
  if (number > 1 && single.has(part))
    throw new InvalidSettings(`--instances ${text}: the ${part} of a cluster runs once`)
  return [part, number]
}
