import { identity, ServiceRefused } from '@sallyport/contracts'
import type { Download, Page, PageAnswer, Visit } from '@sallyport/openid'
import { UnknownPage } from '@sallyport/service'
import type { RequestLimit } from '../limits/request-limits.ts'
import { waitOf } from '../openid/waits.ts'
import { ExportUnderWay, PartUnavailable, type PersonalDataExport } from '../privacy/export.ts'
import type { DataPage } from '../privacy/export-sources.ts'
import { sectionsHtml } from './data-records.ts'
import { accountForm, accountPage, actorOf, type Subject, wordsOfVisit } from './subject.ts'

export interface DataPagesParts {
  readonly personalData: PersonalDataExport
  /** How often somebody may download everything. */
  readonly exportLimit: RequestLimit
}

const path = '/data'
/** So many records are on a page. */
const recordsAtOnce = 50

/** Everything that is held of somebody: to be read part by part, and to be downloaded. */
export function personalData({ personalData, exportLimit }: DataPagesParts): Subject {
  async function showPart(visit: Visit, part: identity.ExportPart, after: string | null): Promise<PageAnswer> {
    const { uid } = actorOf(visit)
    try {
      const place = { limit: recordsAtOnce, ...(after !== null && { after }) }
      return partPage(visit, part, await personalData.readPart(uid, part, place))
    } catch (error) {
      if (error instanceof PartUnavailable) return unavailablePage(visit, part, error)
      // The address was made up, and what it names is no place of a list.
      if (error instanceof UnknownPage || error instanceof ServiceRefused) return { seeOther: path }
      throw error
    }
  }

  async function download(visit: Visit): Promise<Download | Page> {
    const by = actorOf(visit)
    try {
      await exportLimit.count(by.uid)
      const { stream, fileName } = await personalData.begin(by.uid, by, 'page')
      const disposition = `attachment; filename="${fileName}"`
      return { download: stream, headers: { 'content-type': 'application/json', 'content-disposition': disposition } }
    } catch (error) {
      const { tooOften, account } = wordsOfVisit(visit)
      const words = account.data
      if (error instanceof PartUnavailable)
        return overviewPage(visit, { status: 503, said: words.unavailable, ...error.facts })
      if (error instanceof ExportUnderWay)
        return overviewPage(visit, { status: 503, said: words.underWay, ...error.facts })
      const wait = waitOf(error)
      if (wait) return overviewPage(visit, { ...wait, said: tooOften })
      throw error
    }
  }

  return {
    path,
    link: ({ data }) => data.title,
    pages: [
      {
        method: 'GET',
        path,
        fresh: true,
        async answer(visit, query) {
          const part = identity.exportParts.find((one) => one === query.get('part'))
          return part ? showPart(visit, part, query.get('after')) : overviewPage(visit)
        },
      },
      { method: 'POST', path, fresh: true, answer: (visit) => download(visit) },
    ],
  }
}

interface Complaint {
  readonly status: number
  readonly said: string
  readonly retryAfterSeconds: number
}

function overviewPage(visit: Visit, complaint?: Complaint): Page {
  const { data: words } = wordsOfVisit(visit).account
  const links = identity.exportParts.map(
    (part) => `<li><a href="${visit.locate(path)}?part=${part}">${words.parts[part]}</a></li>`,
  )
  const body = `${complaint ? `<p role="alert">${complaint.said}</p>` : ''}<p>${words.intro}</p>
<ul>
${links.join('\n')}
</ul>
<p>${words.downloadText}</p>
${accountForm(visit, `<button>${words.download}</button>`)}`
  return accountPage(visit, words.title, body, complaint)
}

function partPage(visit: Visit, part: identity.ExportPart, page: DataPage | undefined): Page {
  const words = wordsOfVisit(visit)
  const { data } = words.account
  const more =
    page && page.next !== null
      ? `<p><a href="${visit.locate(path)}?${new URLSearchParams({ part, after: page.next }).toString().replaceAll('&', '&amp;')}">${data.more}</a></p>\n`
      : ''
  const shown = page ? sectionsHtml(page, words) : `<p>${data.unknown}</p>`
  return accountPage(visit, data.parts[part], `${shown}\n${more}${wayBack(visit)}`)
}

function unavailablePage(visit: Visit, part: identity.ExportPart, { facts }: PartUnavailable): Page {
  const { data } = wordsOfVisit(visit).account
  const body = `<p role="alert">${data.unavailable}</p>\n${wayBack(visit)}`
  return accountPage(visit, data.parts[part], body, { status: 503, retryAfterSeconds: facts.retryAfterSeconds })
}

function wayBack(visit: Visit): string {
  return `<p><a href="${visit.locate(path)}">${wordsOfVisit(visit).account.data.back}</a></p>`
}
