/** What a letter says that brings somebody a link. */
export interface LetterWords {
  readonly subject: string
  readonly text: (username: string, link: string) => string
}

/** The letters, by what their link is for. */
export type Letters = Readonly<Record<'verification' | 'password-reset', LetterWords>>
