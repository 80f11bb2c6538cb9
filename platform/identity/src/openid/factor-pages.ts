import type { Page, Question } from '@sallyport/openid'
import type { Factor, FactorProof } from '../factors/factor.ts'
import { renderPage } from '../surfaces/pages.ts'
import { wordsFor } from '../words/choice.ts'
import type { Words } from '../words/words.ts'
import { hidden, options, otherButton } from './pages.ts'
import type { Wait } from './waits.ts'

/** How somebody proves the second factor. */
export type Way = FactorProof['kind']

export type FactorComplaint = Wait | 'wrongCode'

/** By which way each factor is proven. */
const wayOf: Readonly<Record<Factor['kind'], Way>> = { totp: 'totp', 'recovery-codes': 'recovery-code' }

/** Asks for the second factor: the first there is, unless another way is chosen. `complaint` says why it is asked again. */
export function factorPage(
  question: Question,
  factors: readonly Factor[],
  chosen?: Way,
  complaint?: FactorComplaint,
): Page {
  const words = wordsFor(question.languages)
  const ways = factors.map(({ kind }) => wayOf[kind])
  const way = chosen !== undefined && ways.includes(chosen) ? chosen : (ways[0] ?? 'recovery-code')
  const wait = complaint === 'wrongCode' ? undefined : complaint
  const alert = complaint && `<p role="alert" id="complaint">${words[wait?.complaint ?? 'wrongCode']}</p>`
  const described = complaint ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const others = ways.filter((other) => other !== way)
  const body = `${alert ?? ''}
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
${fields[way](words, described)}
<button name="answer" value="prove-${way}">${words.goOn}</button>
${others.map((other) => otherButton(`use-${other}`, words.otherWays[other])).join('\n')}
${otherButton('begin-anew', words.backToSignIn)}
${otherButton('cancel', words.cancel)}
</form>`
  return renderPage(words.secondFactor, body, {
    ...options(words, question),
    ...(wait ?? { status: complaint ? 401 : 200 }),
  })
}

const fields: Readonly<Record<Way, (words: Words, described: string) => string>> = {
  totp: (words, described) => `<label for="code">${words.totpCode}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required autofocus${described}>`,
  'recovery-code': (words, described) => `<label for="code">${words.recoveryCode}</label>
<input id="code" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40" required autofocus${described}>`,
}
