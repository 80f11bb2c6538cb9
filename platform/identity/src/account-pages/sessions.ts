import type { Page, Visit } from '@sallyport/openid'
import type { Clients } from '../clients/clients.ts'
import { hidden } from '../openid/pages.ts'
import { deviceOf } from '../sessions/device.ts'
import type { OpenSessions } from '../sessions/open-sessions.ts'
import { type Session, UnknownSession } from '../sessions/session.ts'
import { escapeHtml } from '../surfaces/pages.ts'
import type { Words } from '../words/words.ts'
import { accountForm, accountPage, actorOf, sessionOf, type Subject, wordsOfVisit } from './subject.ts'

const path = '/sessions'

/** Where somebody is signed in, and an end to it. */
export function sessions(parts: {
  readonly openSessions: OpenSessions
  readonly clients: Pick<Clients, 'namesOf'>
}): Subject {
  const { openSessions, clients } = parts
  return {
    path,
    link: (words) => words.sessions,
    pages: [
      {
        method: 'GET',
        path,
        async answer(visit, query) {
          const list = await openSessions.list(visit.visitor.accountId, actorOf(visit))
          const names = await clients.namesOf(list.flatMap(({ client }) => client ?? []))
          return sessionsPage(visit, list, names, query.get('done'))
        },
      },
      {
        method: 'POST',
        path,
        fresh: true,
        async answer(visit, form) {
          const { accountId } = visit.visitor
          const which = form.get('end') ?? ''
          if (which === 'others') {
            await openSessions.endAll(accountId, actorOf(visit), sessionOf(visit))
            return { seeOther: `${path}?done=ended` }
          }
          try {
            await openSessions.end(accountId, which, actorOf(visit))
          } catch (error) {
            if (error instanceof UnknownSession) return { seeOther: `${path}?done=gone` }
            throw error
          }
          return { seeOther: `${path}?done=ended` }
        },
      },
    ],
  }
}

function sessionsPage(
  visit: Visit,
  list: readonly Session[],
  names: ReadonlyMap<string, string>,
  done: string | null,
): Page {
  const words = wordsOfVisit(visit)
  const { account } = words
  const own = sessionOf(visit)
  const others = list.filter(({ sid }) => sid !== own)
  const status = new Map([
    ['ended', account.sessionsEnded],
    ['gone', account.sessionGone],
  ]).get(done ?? '')
  const items = [...list.filter(({ sid }) => sid === own), ...others].map((session) => {
    const { sid } = session
    const about = describe(session, names, words).map((line) => `<br>${escapeHtml(line)}`)
    const device = account.device(deviceOf(session.userAgent)) ?? account.unknownDevice
    const mark = sid === own ? ` <em>${account.thisSession}</em>` : ''
    const end = `${hidden('end', sid)}<button class="other" aria-describedby="s-${sid}">${account.endSession}</button>`
    return `<li><p id="s-${sid}"><strong>${escapeHtml(device)}</strong>${mark}${about.join('')}</p>
${sid === own ? '' : accountForm(visit, end)}</li>`
  })
  const endOthers = `${hidden('end', 'others')}<button>${account.endOtherSessions}</button>`
  const body = `${status === undefined ? '' : `<p role="status">${status}</p>`}
<p>${account.sessionsText}</p>
<ul class="cards">
${items.join('\n')}
</ul>
${others.length === 0 ? '' : accountForm(visit, endOthers)}`
  return accountPage(visit, account.sessions, body)
}

/** What is known of a session, line by line. */
function describe(
  { address, client, openedAt, lastUsedAt }: Session,
  names: ReadonlyMap<string, string>,
  { language, account: words }: Words,
): string[] {
  const name = client === undefined ? undefined : names.get(client)
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const say = (time: Date): string => `${format.format(time)} UTC`
  const where = [...(address ? [words.openedFrom(address)] : []), ...(name ? [words.openedFor(name)] : [])].join(', ')
  return [...(where ? [where] : []), `${words.openedAt(say(openedAt))}, ${words.lastUsedAt(say(lastUsedAt))}`]
}
