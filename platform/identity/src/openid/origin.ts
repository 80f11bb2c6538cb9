import type { Question, Sender } from '@sallyport/openid'
import type { SessionOrigin } from '../sessions/session.ts'

/** What a session is opened from that is opened in answer to a question. */
export function originOf({ client }: Question, from: Sender): SessionOrigin {
  return { on: 'openid', client: client.id, ...from }
}
