/** What the pages say about erasing oneself. */
export interface ErasureWords {
  readonly title: string
  readonly text: string
  /** What becomes of what they have here, a sentence each. */
  readonly consequences: readonly string[]
  readonly keepUploads: string
  readonly confirm: (username: string) => string
  readonly notConfirmed: string
  readonly button: string
  readonly begun: string
  readonly begunText: string
  readonly receipt: string
  readonly number: string
  readonly token: string
  readonly follow: string
}
