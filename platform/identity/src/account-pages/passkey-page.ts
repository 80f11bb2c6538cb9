import type { Page, PageAnswer, Visit } from '@sallyport/openid'
import type { Accounts } from '../accounts/accounts.ts'
import {
  InvalidPasskeyName,
  mostPasskeys,
  type Passkey,
  PasskeyRefused,
  TooManyPasskeys,
  UnknownPasskey,
} from '../passkeys/passkey.ts'
import { longestNameCharacters } from '../passkeys/passkey.ts'
import { passkeyButton, passkeyForm } from '../passkeys/passkey-form.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { OwnChange } from '../factors/factor.ts'
import { hidden } from '../openid/pages.ts'
import { escapeHtml } from '../surfaces/pages.ts'
import type { Words } from '../words/words.ts'
import { newCodesPage } from './recovery-codes.ts'
import { accountForm, accountPage, actorOf, sessionOf, type Subject, wordsOfVisit } from './subject.ts'

export interface PasskeyPageParts {
  readonly accounts: Accounts
  readonly passkeys: Passkeys
  /** The address of the script that asks authenticators. */
  readonly script: string
}

type Complaint = 'refused' | 'wrongName'

const path = '/passkeys'

/** The passkeys of whoever is signed in. */
export function passkeyPage(parts: PasskeyPageParts): Subject {
  const { passkeys } = parts

  /** Does what a form asks for. */
  async function change(visit: Visit, form: URLSearchParams): Promise<PageAnswer> {
    const owner = ownerOf(visit)
    const [id, name] = [form.get('id') ?? '', form.get('name') ?? '']
    switch (form.get('answer') ?? '') {
      case 'add': {
        const codes = await passkeys.register(form.get('credential') ?? '', name, owner)
        const { changed } = wordsOfVisit(visit).passkeys
        if (codes.length === 0) return { seeOther: `${path}?done=1` }
        const { newCodes } = wordsOfVisit(visit).account.factors
        return newCodesPage(visit, newCodes, `<p role="status">${changed}</p>`, codes)
      }
      case 'remove':
        await passkeys.remove(id, owner)
        return { seeOther: `${path}?done=1` }
      default:
        await passkeys.rename(id, name, owner)
        return { seeOther: path }
    }
  }

  return {
    path,
    link: (words) => words.passkeys,
    pages: [
      {
        method: 'GET',
        path,
        fresh: true,
        answer: (visit, query) => show(parts, visit, { done: query.has('done') }),
      },
      {
        method: 'POST',
        path,
        fresh: true,
        async answer(visit, form) {
          try {
            return await change(visit, form)
          } catch (error) {
            // The page says what there is, and how many there may be.
            if (error instanceof UnknownPasskey || error instanceof TooManyPasskeys) return { seeOther: path }
            if (error instanceof PasskeyRefused) return show(parts, visit, { complaint: 'refused' })
            if (error instanceof InvalidPasskeyName) return show(parts, visit, { complaint: 'wrongName' })
            throw error
          }
        },
      },
    ],
  }
}

async function show(
  { accounts, passkeys, script }: PasskeyPageParts,
  visit: Visit,
  { done = false, complaint }: { readonly done?: boolean; readonly complaint?: Complaint },
): Promise<Page> {
  const words = wordsOfVisit(visit)
  const { passkeys: say } = words
  const { uid, session } = ownerOf(visit)
  const known = await passkeys.list(uid)
  const parts = [
    complaint === undefined ? '' : `<p role="alert">${say[complaint]}</p>`,
    done ? `<p role="status">${say.changed}</p>` : '',
    `<p>${say.text}</p>`,
    known.length === 0 ? `<p>${say.none}</p>` : known.map((passkey, at) => item(visit, words, passkey, at)).join('\n'),
  ]
  if (known.length >= mostPasskeys) parts.push(`<p>${say.tooMany(mostPasskeys)}</p>`)
  else {
    const creation = await passkeys.offerRegistration(await accounts.read(uid), session)
    const fields = `<label for="new-name">${say.name}</label>
<input id="new-name" name="name" value="${escapeHtml(`${say.suggestedName} ${known.length + 1}`)}" maxlength="${longestNameCharacters}" required>
${passkeyButton('add', say.addButton, 'first')}`
    const { action, csrf } = visit
    const form = { what: 'create', options: creation, action, csrf, fields } as const
    parts.push(passkeyForm(say, form), `<p data-without-script>${say.needsScript}</p>`)
  }
  const body = parts.filter((part) => part !== '').join('\n')
  return accountPage(visit, say.title, body, { script, status: complaint ? 422 : 200 })
}

function item(visit: Visit, { language, passkeys: say }: Words, passkey: Passkey, at: number): string {
  const { id, createdAt, lastUsedAt } = passkey
  const name = escapeHtml(passkey.name)
  const used = lastUsedAt ? say.lastUsed(day(lastUsedAt, language)) : say.neverUsed
  const fields = `${hidden('id', id)}
<label for="name-${at}">${say.name}</label>
<input id="name-${at}" name="name" value="${name}" maxlength="${longestNameCharacters}" required>
<button class="other" name="answer" value="rename">${say.renameButton}</button>
<button class="other" name="answer" value="remove" formnovalidate aria-label="${say.removeNamed(name)}">${say.removeButton}</button>`
  return `<h2>${name}</h2>
<p>${say.added(day(createdAt, language))}, ${used}</p>
${accountForm(visit, fields)}`
}

function day(moment: Date, language: string): string {
  const text = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(moment)
  return `<time datetime="${moment.toISOString()}">${text}</time>`
}

function ownerOf(visit: Visit): OwnChange {
  const by = actorOf(visit)
  return { uid: by.uid, session: sessionOf(visit), by }
}
