import type { Languages, Page } from '../pages.ts'

/** What somebody has to be asked before a client gets what it wants. */
export interface Question {
  /** Where the answer is sent to: a path. */
  readonly action: string
  /** Has to come back with the answer, as `csrf`. */
  readonly csrf: string
  readonly about: 'sign-in' | 'consent'
  readonly client: { readonly id: string; readonly name: string }
  /** Who signed in before, and is asked for consent or to sign in again. */
  readonly accountId: string | undefined
  /** Who the client thinks it is. */
  readonly loginHint: string | undefined
  /** What the client wants and was not granted yet; only of a consent. */
  readonly wanted: { readonly scopes: readonly string[]; readonly claims: readonly string[] }
  /** Where the browser may be sent on after the answer, for `form-action`: an origin or a scheme. */
  readonly destination: string
  readonly languages: Languages
}

export type Answer =
  /** Who it is; `session` is the service's own, which was opened for this. */
  | {
      readonly kind: 'signed-in'
      readonly accountId: string
      readonly session: string
      readonly amr: readonly string[]
    }
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied' }
  /** Asked again, with what was wrong. */
  | { readonly kind: 'page'; readonly page: Page }

/** The pages that ask. What they are sent has been checked to come from them. */
export interface QuestionPages {
  ask(question: Question): Promise<Page>
  answer(question: Question, form: URLSearchParams, from: { readonly address: string }): Promise<Answer>
  /** The question is not there any more, or the answer did not come from its page. */
  gone(languages: Languages): Page
}
