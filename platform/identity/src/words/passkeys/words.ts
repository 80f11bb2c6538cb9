/** What pages say about passkeys. */
export interface PasskeyWords {
  readonly signInButton: string
  readonly useButton: string
  /** The browser has none. */
  readonly unsupported: string
  /** The authenticator has not answered, or its user has changed their mind. */
  readonly failed: string
  /** What it has answered was not accepted. */
  readonly refused: string
  readonly title: string
  readonly text: string
  readonly none: string
  readonly added: (when: string) => string
  readonly lastUsed: (when: string) => string
  readonly neverUsed: string
  readonly name: string
  /** What a new one is called, until its owner finds a better name. */
  readonly suggestedName: string
  readonly addButton: string
  readonly renameButton: string
  readonly removeButton: string
  /** Of the button that removes one of several, for those who hear it alone. */
  readonly removeNamed: (name: string) => string
  readonly needsScript: string
  readonly tooMany: (most: number) => string
  readonly wrongName: string
  readonly changed: string
}
