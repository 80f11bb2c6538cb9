import { type RecordedEvent, toAuditItem } from '@sallyport/identity/audit'

/** An event on one line, for people. */
export function lineOf({ at, kind, actor, address, subject, details }: RecordedEvent): string {
  const who = actor.uid === undefined ? actor.kind : nameOf(actor.uid, actor.username)
  const whom = subject && subject.uid !== actor.uid ? nameOf(subject.uid, subject.username) : undefined
  const facts = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`)
  const parts = [
    at.toISOString(),
    kind.padEnd(kindWidth),
    who,
    ...(address ? [`from ${address}`] : []),
    ...(whom === undefined ? [] : [`to ${whom}`]),
    ...(facts.length > 0 ? [`(${facts.join(', ')})`] : []),
  ]
  return visible(parts.join('  '))
}

/** The same for programs, in the words of `GET /v1/audit/events`. */
export function jsonOf(event: RecordedEvent): string {
  return visible(JSON.stringify(toAuditItem(event)))
}

const kindWidth = 'password.reset-requested'.length

function nameOf(uid: string, username: string | undefined): string {
  return username === undefined ? uid : `${username} ${uid}`
}

/**
 * The text without what a terminal would obey or hide: controls, marks that turn the direction of writing, separators.
 * They become `\u` escapes, which is what JSON calls them too.
 */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
