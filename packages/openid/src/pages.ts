/** A page, ready to be sent. */
export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

/** Which languages a reader would like, as they came with the request. */
export interface Languages {
  /** The `ui_locales` of the client's request. */
  readonly uiLocales: string | undefined
  readonly acceptLanguage: string | undefined
}

/** A form that the provider made and that has to be in the page; its buttons name it by its id. */
export interface ProvidedForm {
  readonly html: string
  readonly id: string
}

/** A form that is complete. */
export interface FilledForm {
  /** An address or a path. */
  readonly action: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

/** The pages of the provider that ask nothing that the service would have to check. */
export interface ProviderPages {
  /**
   * Buttons: `logout=yes` to sign out, none of that name to stay. `destination` is where the browser is sent afterwards,
   * for `form-action`: an origin or a scheme.
   */
  signOut(form: ProvidedForm, client: string | undefined, destination: string, languages: Languages): Page
  signedOut(languages: Languages): Page
  /** Sends the browser on with a form, by itself where it can. `destination` as above; the status is decided elsewhere. */
  sendOn(form: FilledForm, destination: string, languages: Languages): Page
  failed(
    error: { readonly code: string; readonly description: string | undefined; status: number },
    languages: Languages,
  ): Page
  /** Asks for the code that a device shows. */
  enterCode(
    question: {
      readonly action: string
      readonly xsrf: string
      readonly code: string
      readonly problem: CodeProblem | undefined
    },
    languages: Languages,
  ): Page
  /** Asks whether a device really shows this code. Buttons: none of a name to go on, `abort=yes` not to. */
  confirmCode(
    form: ProvidedForm,
    device: { readonly client: string; readonly code: string },
    languages: Languages,
  ): Page
  deviceSignedIn(client: string, languages: Languages): Page
}

export type CodeProblem = 'unknown-code' | 'interrupted' | 'failed'
