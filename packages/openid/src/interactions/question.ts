import type { Languages, Page } from '../pages.ts'

/** What somebody has to be asked before a client gets what it wants. */
export interface Question {
  /** Tells it from all others, and is known to nobody but the browser that is asked. */
  readonly id: string
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
  /** How well the client would like to know who it is (`acr`), in the order of its preference. */
  readonly acr: readonly string[]
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
      /** The methods that proved it (RFC 8176). */
      readonly amr: readonly string[]
      /** How good that is, as one of the provider's `acrs`. */
      readonly acr: string
    }
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied' }
  /** Asked again, with what was wrong. */
  | { readonly kind: 'page'; readonly page: Page }

/** Where an answer comes from. */
export interface Sender {
  readonly address: string
  /** What the program says it is: anything at all. */
  readonly userAgent: string | undefined
}

/** The pages that ask. What they are sent has been checked to come from them. */
export interface QuestionPages {
  ask(question: Question): Promise<Page>
  answer(question: Question, form: URLSearchParams, from: Sender): Promise<Answer>
  /** The question is not there any more, or the answer did not come from its page. */
  gone(languages: Languages): Page
}
