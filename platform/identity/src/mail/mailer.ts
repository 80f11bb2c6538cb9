/** A letter to one person, in plain text. */
export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** Brings letters on their way. */
export interface Mailer {
  /** @throws when it was not taken; the message says nothing of what is in the letter */
  send(letter: Letter): Promise<void>
  /** Removes what is still kept here of letters to an address; what has left is out of reach. */
  forget(address: string): Promise<void>
}
