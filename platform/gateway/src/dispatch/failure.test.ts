import { describe, expect, it } from 'vitest'
import {
  ConnectionLost,
  ConnectionsClosed,
  GarbledAnswer,
  ListenerFailed,
  NoConnection,
  RequestNotSent,
  RequestStalled,
} from '../http-client/errors.ts'
import { failureOf, NoAnswer } from './failure.ts'
import { BodyBroken, BodyTooLarge } from './request-body.ts'

const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })

describe('what went wrong with a call', () => {
  it.each([
    ['refused', new NoConnection('nobody is there')],
    ['stale', reset],
    ['stale', new ConnectionLost('closed')],
  ])('is that it was %s, before anything was sent: %s', (failure, error) => {
    expect(failureOf(error, false)).toBe(failure)
  })

  it.each([
    ['lost', reset],
    ['lost', new ConnectionLost('closed')],
    ['silent', new NoAnswer('late')],
    ['silent', new RequestStalled('nothing is taken')],
    ['garbled', new GarbledAnswer('not HTTP')],
    ['garbled', new ListenerFailed('not taken')],
    ['unsendable', new BodyBroken('half')],
    ['too-large', new BodyTooLarge('large')],
    ['closing', new ConnectionsClosed('the end')],
    // As its connection knows, whatever its sender thinks.
    ['stale', new RequestNotSent('nothing has gone out')],
  ])('is that it was %s, after something was sent: %s', (failure, error) => {
    expect(failureOf(error, true)).toBe(failure)
  })
})
