import { expect, it } from 'vitest'
import { inBothModes } from './harness.ts'
import { makeSigningKey } from './signing-key.ts'

const accepted = [200, 200]
const refused = [401, 401]

inBothModes('keys that follow one another', (house) => {
  const { RS256: old } = house.keys
  const next = makeSigningKey('ES256', 'next')

  it('verify side by side until the old one is gone, and then what it had verified counts no more', async () => {
    const [before, after] = [old.sign(house.claims()), next.sign(house.claims())]
    await house.publish(old)
    expect(await house.verdictsOn(before)).toEqual(accepted)
    await house.publish(old, next)
    expect(await house.verdictsOn(before)).toEqual(accepted)
    expect(await house.verdictsOn(after)).toEqual(accepted)
    await house.publish(next)
    expect(await house.verdictsOn(before)).toEqual(refused)
    expect(await house.verdictsOn(after)).toEqual(accepted)
  })

  it('of the same name replace one another, with what the first had verified', async () => {
    const [first, second] = [makeSigningKey('EdDSA', 'same'), makeSigningKey('EdDSA', 'same')]
    await house.publish(first)
    const token = first.sign(house.claims())
    expect(await house.verdictsOn(token)).toEqual(accepted)
    // A version is of names alone, so this change is heard as an unknown one.
    await house.publish(next)
    await house.publish(second)
    expect(await house.verdictsOn(token)).toEqual(refused)
    expect(await house.verdictsOn(second.sign(house.claims()))).toEqual(accepted)
  })

  it('that are all gone leave nobody who verifies', async () => {
    await house.publish()
    for (const key of [old, next]) expect(await house.verdictsOn(key.sign(house.claims()))).toEqual(refused)
  })
})
