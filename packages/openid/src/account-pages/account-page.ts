import type { Readable } from 'node:stream'
import type { Languages, Page } from '../pages.ts'

/** Somebody who is signed in to the provider in the browser that asks. */
export interface Visitor {
  readonly accountId: string
  /** The service's own session behind the browser session. */
  readonly session: string
  /** When they last said who they are. */
  readonly signedInAt: Date
  /** How they did (RFC 8176). */
  readonly amr: readonly string[]
}

/** A request for a page, by somebody who may see it. */
export interface Visit {
  readonly visitor: Visitor
  /** Where the page is: a path, for the `action` of its forms. */
  readonly action: string
  /** Has to come back with every form, as `csrf`. */
  readonly csrf: string
  readonly languages: Languages
  /** Where the request comes from. */
  readonly address: string
  /** Where another of the pages is: a path, by the page's own. */
  locate(path: string): string
}

/** Sends the browser on to another of the pages, with a query if need be; after a form, so that nobody sends it twice. */
export interface SeeOther {
  readonly seeOther: string
}

/** A file for the browser to keep, which is sent as it is made. */
export interface Download {
  readonly download: Readable
  readonly headers: Readonly<Record<string, string>>
}

/** What a browser gets from a page. */
export type PageAnswer = Page | SeeOther | Download

/** One page for whoever is signed in, or what is done with its form. */
export interface AccountPage {
  readonly method: 'GET' | 'POST'
  /** Below the place of all pages, such as `/sessions`; empty for the first one. A form is sent to where it is shown. */
  readonly path: string
  /** Only for somebody who signed in within the last five minutes; others are asked to do so again. */
  readonly fresh?: boolean
  /** `fields` are those of the form, or the query of a page that is only shown. */
  answer(visit: Visit, fields: URLSearchParams): Promise<PageAnswer>
}

/** The pages of a service for those who are signed in to its provider. */
export interface AccountPages {
  /** Where they are, below the issuer: `/account`. */
  readonly place: string
  /** The client of the provider that people sign in to when they open a page without being signed in. */
  readonly client: { readonly id: string; readonly name: string }
  readonly pages: readonly AccountPage[]
  unknown(languages: Languages): Page
  /** The form did not come from its page. */
  refused(languages: Languages): Page
  /** Somebody did not want to sign in. `again` is the path of the page that they wanted. */
  notSignedIn(again: string, languages: Languages): Page
}
