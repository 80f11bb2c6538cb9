import type { AccountPage, Page, PageAnswer, Visit } from '@sallyport/openid'
import QRCode from 'qrcode'
import { FactorMissing, FactorPresent, WrongCode } from '../factors/factor.ts'
import { totpUri } from '../factors/totp.ts'
import type { FactorPagesParts } from './factors.ts'
import { newCodesPage } from './recovery-codes.ts'
import { accountForm, accountPage, actorOf, sessionOf, wordsOfVisit } from './subject.ts'

const path = '/factors/app'

/** Setting up an authenticator app, and removing it. */
export function authenticatorApp({ accounts, factors, publicUrl }: FactorPagesParts): readonly AccountPage[] {
  const { hostname: issuer } = new URL(publicUrl)

  async function show(visit: Visit, isWrong = false): Promise<Page> {
    const { uid } = actorOf(visit)
    const secret = await factors.pendingTotp(uid)
    if (secret !== undefined) {
      const { username } = await accounts.read(uid)
      return confirmPage(visit, secret, await qrCode(visit, totpUri(secret, { issuer, username })), isWrong)
    }
    const isThere = (await factors.list(uid)).some(({ kind }) => kind === 'totp')
    return isThere ? removePage(visit) : beginPage(visit)
  }

  async function answer(visit: Visit, form: URLSearchParams): Promise<PageAnswer> {
    const { uid } = actorOf(visit)
    const change = { uid, session: sessionOf(visit), by: actorOf(visit) }
    switch (form.get('answer') ?? '') {
      case 'begin':
        await factors.beginTotp(uid)
        return { seeOther: path }
      case 'confirm': {
        const codes = await factors.confirmTotp(change, (form.get('code') ?? '').replaceAll(/\s/g, ''))
        const { added, addedText } = wordsOfVisit(visit).account.factors
        const done = `<p role="status">${addedText}</p>`
        return codes.length > 0
          ? newCodesPage(visit, added, done, codes)
          : accountPage(visit, added, done, { symbol: 'done' })
      }
      case 'remove':
        await factors.removeTotp(change)
        return { seeOther: '/factors' }
      default:
        return show(visit)
    }
  }

  return [
    { method: 'GET', path, fresh: true, answer: (visit) => show(visit) },
    {
      method: 'POST',
      path,
      fresh: true,
      async answer(visit, form) {
        try {
          return await answer(visit, form)
        } catch (error) {
          if (error instanceof WrongCode) return show(visit, true)
          // Done meanwhile, in another window: the page says how things are.
          if (error instanceof FactorPresent || error instanceof FactorMissing) return { seeOther: path }
          throw error
        }
      },
    },
  ]
}

function beginPage(visit: Visit): Page {
  const { factors: words } = wordsOfVisit(visit).account
  const form = accountForm(visit, `<button name="answer" value="begin">${words.makeSecret}</button>`)
  return accountPage(visit, words.setUpApp, `<p>${words.appAdvice}</p>\n${form}`)
}

function confirmPage(visit: Visit, secret: string, code: string, isWrong: boolean): Page {
  const { wrongCode, account } = wordsOfVisit(visit)
  const { factors: words } = account
  const alert = isWrong ? `<p role="alert" id="complaint">${wrongCode}</p>\n` : ''
  const described = isWrong ? ' aria-describedby="complaint" aria-invalid="true"' : ''
  const fields = `<label for="code">${words.firstCode}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required${described}>
<button name="answer" value="confirm">${words.confirm}</button>`
  const body = `${alert}<p>${words.scan}</p>
${code}
<p>${words.orType}</p>
<p><code>${secret.replaceAll(/....(?!$)/g, '$& ')}</code></p>
${accountForm(visit, fields)}`
  return accountPage(visit, words.setUpApp, body, { status: isWrong ? 422 : 200 })
}

function removePage(visit: Visit): Page {
  const { factors: words } = wordsOfVisit(visit).account
  const form = accountForm(visit, `<button name="answer" value="remove">${words.removeApp}</button>`)
  return accountPage(visit, words.app, `<p>${words.removeText}</p>\n${form}`)
}

/** As a picture in the page itself, which its policy lets load nothing. */
async function qrCode(visit: Visit, text: string): Promise<string> {
  const svg = await QRCode.toString(text, { type: 'svg', margin: 4, errorCorrectionLevel: 'M' })
  const { qrCode: label } = wordsOfVisit(visit).account.factors
  return svg.trim().replace('<svg ', `<svg class="qr" role="img" aria-label="${label}" `)
}
