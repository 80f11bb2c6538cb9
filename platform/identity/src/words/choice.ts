import type { Languages } from '@sallyport/openid'
import { english } from './english.ts'
import { italian } from './italian.ts'
import type { Words } from './words.ts'

export const languages: readonly Words[] = [english, italian]

/** The words a reader would like best: what the client asks for comes first, then what the browser says. */
export function wordsFor({ uiLocales = '', acceptLanguage = '' }: Languages): Words {
  for (const tag of [...uiLocales.split(' '), ...preferred(acceptLanguage)]) {
    const primary = tag.split('-', 1)[0]?.toLowerCase()
    const found = languages.find(({ language }) => language === primary)
    if (found) return found
  }
  return english
}

/** The words in a language, which may be one that there are none in. */
export function wordsIn(language: string | undefined): Words {
  return languages.find((words) => words.language === language) ?? english
}

/** The same for a page that no client asked for. */
export function wordsOf(headers: { readonly 'accept-language'?: string }): Words {
  return wordsFor({ uiLocales: undefined, acceptLanguage: headers['accept-language'] })
}

/** The tags of an `Accept-Language` header, the most wanted first (RFC 9110 §12.5.4). */
function preferred(header: string): string[] {
  return header
    .split(',')
    .slice(0, 20)
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(/\s*;\s*/)
      const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1')
      return { tag, quality }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag)
}
