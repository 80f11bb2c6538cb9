import { isRefusal } from '@sallyport/service'
import { errors } from 'undici'
import { BodyBroken, BodyTooLarge } from './request-body.ts'

/**
 * What went wrong with a call to an instance:
 *
 * - `refused`: no connection came about, so nothing was delivered;
 * - `stale`: a kept connection turned out to be closed before anything was written to it, so nothing was delivered;
 * - `lost`: the connection broke after something had been sent, which may have been carried out (RFC 9110 §9.2.2);
 * - `silent`: no answer began in time;
 * - `garbled`: the instance answered, but not in HTTP that can be passed on;
 * - `unsendable`: the request itself did not come whole, or cannot be written in HTTP;
 * - `too-large`: its body turned out to be;
 * - `closing`: the gateway stops.
 */
export type CallFailure = 'refused' | 'stale' | 'lost' | 'silent' | 'garbled' | 'unsendable' | 'too-large' | 'closing'

/** No answer began in time, by the gateway's own clock: undici's looks every half second and comes up to a second late. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** @param sent whether anything may have been written to the connection */
export function failureOf(error: Error, sent: boolean): CallFailure {
  if (error instanceof NoAnswer || error instanceof errors.HeadersTimeoutError) return 'silent'
  if (error instanceof BodyTooLarge) return 'too-large'
  if (isUnsendable(error)) return 'unsendable'
  if (error instanceof errors.ClientClosedError || error instanceof errors.ClientDestroyedError) return 'closing'
  if (isGarbled(error)) return 'garbled'
  if (sent) return 'lost'
  return isRefusal(error) || isUntrusted(error) ? 'refused' : 'stale'
}

function isUnsendable(error: Error): boolean {
  return (
    error instanceof BodyBroken ||
    error instanceof errors.InvalidArgumentError ||
    error instanceof errors.NotSupportedError
  )
}

function isGarbled(error: Error): boolean {
  return (
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError ||
    error instanceof errors.ResponseContentLengthMismatchError
  )
}

/** A connection over TLS that came to nothing: who answers there is not whom one looks for. */
function isUntrusted(error: Error): boolean {
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' && /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
}

/** Nothing of the request has reached an instance: any other may have it, whatever the method. */
export function isUndelivered(failure: CallFailure): boolean {
  return failure === 'refused' || failure === 'stale'
}

/** To be asked twice does no harm (RFC 9110 §9.2.1). */
export function isRepeatable(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD'
}
