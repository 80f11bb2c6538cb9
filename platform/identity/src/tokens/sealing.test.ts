import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from './sealing.ts'

const key = randomBytes(32)

describe('sealing secrets', () => {
  it('gives back what was sealed', () => {
    expect(unseal(seal('a secret 🔑', key, 'kid'), key, 'kid')).toBe('a secret 🔑')
  })

  it('hides it, and differently each time', () => {
    const [one, two] = [seal('a secret', key, 'kid'), seal('a secret', key, 'kid')]
    expect(one.includes('a secret')).toBe(false)
    expect(one.equals(two)).toBe(false)
  })

  it('refuses another key, another purpose and every changed byte', () => {
    const sealed = seal('a secret', key, 'kid')
    expect(() => unseal(sealed, randomBytes(32), 'kid')).toThrow()
    expect(() => unseal(sealed, key, 'other')).toThrow()
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
      expect(() => unseal(changed, key, 'kid')).toThrow()
    }
  })
})
