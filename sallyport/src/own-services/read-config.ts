import type { Static } from 'typebox'
import { Check } from 'typebox/value'
import { mistakesOf } from './checks.ts'
import type { Mistake } from './mistakes.ts'
import { Config, SoundParts } from './schema.ts'
import { sound } from './structure.ts'

export type ReadConfig = Static<typeof Config>

/** Reads a configuration, or tells everything that is wrong with it. */
export function readConfig(
  value: unknown,
): { readonly config: ReadConfig } | { readonly mistakes: readonly Mistake[] } {
  const { sound: parts, mistakes } = sound(Config, value)
  const contradictions = Check(SoundParts, parts) ? mistakesOf(parts) : []
  const all = [...mistakes, ...contradictions]
  if (all.length === 0 && Check(Config, value)) return { config: value }
  return { mistakes: all }
}
