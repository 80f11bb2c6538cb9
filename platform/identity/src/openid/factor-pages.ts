import type { Page, Question } from '@sallyport/openid'
import type { Factor, FactorProof } from '../factors/factor.ts'
import { renderPage } from '../surfaces/pages.ts'
import { wordsFor } from '../words/choice.ts'
import type { Words } from '../words/words.ts'
import { hidden, options, otherButton, type PasskeyPart } from './pages.ts'
import type { Wait } from './waits.ts'

/** How somebody proves the second factor by typing a code. */
export type Way = Exclude<FactorProof['kind'], 'passkey'>

export type FactorComplaint = Wait | 'wrongCode' | 'passkeyRefused'

/** By which way each factor is proven. */
const wayOf: Readonly<Record<Factor['kind'], Way | undefined>> = {
  totp: 'totp',
  'recovery-codes': 'recovery-code',
  passkeys: undefined,
}

/** Asks for the second factor: the first there is, unless another way is chosen. `complaint` says why it is asked again. */
export function factorPage(
  question: Question,
  factors: readonly Factor[],
  shown: {
    readonly way?: Way
    readonly complaint?: FactorComplaint
    /** For somebody who has passkeys. */
    readonly passkey: PasskeyPart | undefined
  },
): Page {
  const { way: chosen, complaint, passkey } = shown
  const words = wordsFor(question.languages)
  const ways = factors.map(({ kind }) => wayOf[kind]).filter((way) => way !== undefined)
  const way = chosen !== undefined && ways.includes(chosen) ? chosen : ways[0]
  const wait = typeof complaint === 'object' ? complaint : undefined
  const said = complaint === 'passkeyRefused' ? words.passkeys.refused : words[wait?.complaint ?? 'wrongCode']
  const alert = complaint && `<p role="alert" id="complaint">${said}</p>`
  const described = complaint === 'wrongCode' || wait ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const others = ways.filter((other) => other !== way)
  const body = `${alert ?? ''}
<form method="post" action="${question.action}">
${hidden('csrf', question.csrf)}
${passkey ? `${passkey.button}\n<noscript><p>${words.passkeys.needsScript}</p></noscript>` : ''}
${way ? `${fields[way](words, described)}\n<button name="answer" value="prove-${way}">${words.goOn}</button>` : ''}
${others.map((other) => otherButton(`use-${other}`, words.otherWays[other], 'other')).join('\n')}
${otherButton('begin-anew', words.backToSignIn)}
${otherButton('cancel', words.cancel)}
</form>
${passkey?.form ?? ''}`
  return renderPage(words.secondFactor, body, {
    ...options(words, question),
    ...(passkey && { script: passkey.script }),
    ...(wait ?? { status: complaint ? 401 : 200 }),
  })
}

const fields: Readonly<Record<Way, (words: Words, described: string) => string>> = {
  totp: (words, described) => `<label for="code">${words.totpCode}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required autofocus${described}>`,
  'recovery-code': (words, described) => `<label for="code">${words.recoveryCode}</label>
<input id="code" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40" required autofocus${described}>`,
}
