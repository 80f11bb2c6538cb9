/*
 * Who may call is judged by the path, and a service behind the door reads that path by rules of its own. So a path that two
 * readers could take for two different ones goes no further.
 */

/** The characters of RFC 3986 §3.3, and nothing raw besides. */
const wellFormed = /^\/(?:[\w.~!$&'()*+,;=:@/-]|%[\da-f]{2})*$/i
/** One that somebody walks up by, also where a parameter (`..;x`) is cut off it. */
const walking = /^\.{1,2}(?:;|$)/
/** A slash in another form, a character that needs no encoding, an end of text, an empty segment, a parameter of a segment. */
const ambiguous = /%(?:2f|5c|00|2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)|\/\/|;/i

/** Whether a path stays below where it begins, whoever reads it. */
export function staysBelow(path: string): boolean {
  if (!wellFormed.test(path)) return false
  const unfolded = path.replaceAll(/%2e/gi, '.').replaceAll(/%2f|%5c/gi, '/')
  return !unfolded.split('/').some((segment) => walking.test(segment))
}

/** Whether there is one way to read a path, so that rules about single paths can be relied on. */
export function isUnambiguous(path: string): boolean {
  return staysBelow(path) && !ambiguous.test(path)
}
