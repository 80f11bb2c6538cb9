/**
 * A text to look for in the database. No text of PostgreSQL has the NUL character, which it would not even compare; in its
 * place stands the empty one, which names nobody and takes as long to be looked for as any other.
 */
export function soughtText(text: string): string {
  return text.includes('\0') ? '' : text
}
