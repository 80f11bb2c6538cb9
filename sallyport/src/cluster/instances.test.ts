import { describe, expect, it } from 'vitest'
import { InvalidSettings } from '../settings/settings.ts'
import { readInstances } from './instances.ts'

describe('how often parts run', () => {
  it('is read as it is written', () => {
    expect(readInstances([])).toEqual({})
    expect(readInstances(['gacha=2', 'enrollment=5'])).toEqual({ gacha: 2, enrollment: 5 })
  })

  it.each(['gacha', 'gacha=', 'gacha=x', '=2', 'gacha=0', 'gacha=17', 'nobody=2', 'gateway=2', 'identity=2'])(
    'is not %s',
    (text) => expect(() => readInstances([text])).toThrow(InvalidSettings),
  )

  it('is refused with the text and the rule', () => {
    expect(() => readInstances(['gacha=17'])).toThrow('--instances gacha=17: from 1 to 16')
    expect(() => readInstances(['gateway=2'])).toThrow('--instances gateway=2: the gateway of a cluster runs once')
  })
})
