import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import * as common from '@zxcvbn-ts/language-common'
import * as english from '@zxcvbn-ts/language-en'
import type { Strength } from '../accounts/account.ts'

// Loaded when the first password is judged: the dictionaries take a moment and some memory.
let zxcvbn: ZxcvbnFactory | undefined

function load(): ZxcvbnFactory {
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
    // What comes after is not looked at: nobody should be able to keep the process busy with a long password.
    maxLength: 100,
  })
}

/** How soon a password would be guessed by somebody who knows these things about its owner. */
export function strengthOf(password: string, about: readonly string[]): Strength {
  zxcvbn ??= load()
  const { score, guesses, feedback } = zxcvbn.check(password, [...about])
  return { score, guesses, feedback: { warning: feedback.warning ?? '', suggestions: feedback.suggestions } }
}
