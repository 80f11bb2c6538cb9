import {
  ConnectionsClosed,
  GarbledAnswer,
  ListenerFailed,
  NoConnection,
  RequestNotSent,
  RequestStalled,
} from '../http-client/errors.ts'
import { BodyBroken, BodyTooLarge } from './request-body.ts'

/**
 * What went wrong with a call to an instance:
 *
 * - `refused`: no connection came about, so nothing was delivered;
 * - `stale`: a kept connection turned out to be closed before anything was written to it, so nothing was delivered;
 * - `lost`: the connection broke after something had been sent, which may have been carried out (RFC 9110 §9.2.2);
 * - `silent`: no answer began in time;
 * - `garbled`: the instance answered, but not in HTTP that can be passed on;
 * - `unsendable`: the request itself did not come whole;
 * - `too-large`: its body turned out to be;
 * - `closing`: the gateway stops.
 */
export type CallFailure = 'refused' | 'stale' | 'lost' | 'silent' | 'garbled' | 'unsendable' | 'too-large' | 'closing'

/** No answer began in time. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** @param sent whether anything may have gone over the connection */
export function failureOf(error: Error, sent: boolean): CallFailure {
  if (error instanceof NoConnection) return 'refused'
  if (error instanceof RequestNotSent) return 'stale'
  if (error instanceof NoAnswer || error instanceof RequestStalled) return 'silent'
  if (error instanceof BodyTooLarge) return 'too-large'
  if (error instanceof BodyBroken) return 'unsendable'
  if (error instanceof ConnectionsClosed) return 'closing'
  if (error instanceof GarbledAnswer || error instanceof ListenerFailed) return 'garbled'
  return sent ? 'lost' : 'stale'
}

/** Nothing of the request has reached an instance: any other may have it, whatever the method. */
export function isUndelivered(failure: CallFailure): boolean {
  return failure === 'refused' || failure === 'stale'
}

/** To be asked twice does no harm (RFC 9110 §9.2.1). */
export function isRepeatable(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD'
}
