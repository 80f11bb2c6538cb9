import type { IncomingMessage } from 'node:http'
import type { Dialect, Reply } from '@sallyport/contracts'
import type { AnswerHead } from '../http-client/answer-head.ts'
import type { Connection } from '../http-client/connection.ts'
import type { Exchange } from '../http-client/exchange.ts'
import { UnsendableRequest } from '../http-client/errors.ts'
import { requestHead } from '../http-client/request-head.ts'
import type { DoorResponse } from '../door-response.ts'
import { writeReply } from '../write-reply.ts'
import { AnswerRelay } from './answer-relay.ts'
import { isEventStream, isFramed } from './call-headers.ts'
import type { Limited } from './deadlines.ts'
import type { BodyPolicy, Dispatch } from './dispatcher.ts'
import { type CallFailure, failureOf, isRepeatable, isUndelivered, NoAnswer } from './failure.ts'
import type { Instance } from './instance.ts'
import type { InstancePool, Shortage } from './pool.ts'
import { type BodyWay, bodyWayOf, framingOf, gather, StreamedBody } from './request-body.ts'
import type { Waiting } from './waiting-line.ts'

/** A call is sent at most so often, apart from tries by which nothing was delivered: each instance may refuse once. */
const mostTries = 3
/** What a client is told when no instance can be had, in seconds. */
const retryAfterSeconds = 1

/**
 * One request on its way to an instance and its answer on the way back. It is made for each request and is itself what
 * goes over the connection and hears of it, so that nothing else has to be.
 */
export class Call implements Exchange, Waiting, Limited {
  deadline = 0
  looksLeft = 0
  place = -1
  head = ''
  body: Buffer | StreamedBody | undefined
  readonly #pool: InstancePool
  readonly #request: IncomingMessage
  readonly #response: DoorResponse
  readonly #policy: BodyPolicy
  readonly #dialect: Dialect
  readonly #record: Dispatch['record']
  readonly #way: BodyWay
  #instance: Instance | undefined
  #connection: Connection | undefined
  /** Whether this call finds out if its instance is back. */
  #trial = false
  /** How long the instance has to begin its answer, in milliseconds. */
  #limitMs = 0
  /** The way of the answer to the client, once there is one. */
  #relay: AnswerRelay | undefined
  /** Whether the answer goes on until the client leaves. */
  #isStream = false
  /** The client has left. */
  #left = false
  #over = false
  #tries = 0

  constructor(pool: InstancePool, { request, response, body, dialect, record }: Dispatch) {
    this.#pool = pool
    this.#request = request
    this.#response = response
    this.#policy = body
    this.#dialect = dialect
    this.#record = record
    this.#way = bodyWayOf(request, body)
  }

  /** Whether its end depends on how fast the client sends. */
  get isSlow(): boolean {
    return this.#way === 'streamed'
  }

  get method(): string {
    // The route table has let no other method through than those of its routes, or any that HTTP has.
    return this.#request.method ?? 'GET'
  }

  begin(): void {
    const request = this.#request
    this.#response.on('close', () => this.#onClientGone()).on('timeout', () => this.#onIdle())
    if (this.#way === 'gathered') {
      gather(request, (body) => {
        this.body = body
        if (!this.#left) this.#enter()
      })
      return
    }
    if (!this.#policy.taken && isFramed(request)) request.resume()
    this.#enter()
  }

  /** The time that the client takes for its body is not the service's. */
  #enter(): void {
    const { method } = this
    const { url = '/', rawHeaders } = this.#request
    try {
      this.head = requestHead({ method, target: url, headers: rawHeaders }, framingOf(this.#request, this.#way))
    } catch (error) {
      if (!(error instanceof UnsendableRequest)) throw error
      this.#reply(this.#dialect.badRequest(unsendable))
      return
    }
    this.deadline = this.#pool.now() + this.#pool.limits.totalMs
    this.#pool.enter(this)
  }

  /** Sends it to an instance. @param trial whether that is how to find out if the instance is back */
  send(instance: Instance, trial: boolean): void {
    this.#instance = instance
    this.#record.instance = instance.name
    this.#trial = trial
    this.#tries += 1
    this.#limitMs = Math.max(1, Math.min(this.#pool.limits.tryMs, this.#timeLeft()))
    // The time that a client takes to send is not the instance's.
    if (this.#way === 'streamed') this.body = new StreamedBody(this.#request, this.#policy.limitBytes, this.#limitMs)
    else this.#expectAnswer()
    instance.connections.send(this)
  }

  refuse(shortage: Shortage): void {
    this.#pool.shortOf(shortage)
    this.#reply(this.#dialect.unavailable(retryAfterSeconds))
  }

  waitedTooLong(): void {
    this.refuse('waited-too-long')
  }

  onConnection(connection: Connection): void {
    if (this.#left) {
      connection.abort(clientGone)
      return
    }
    this.#connection = connection
  }

  onSent(): void {
    if (this.#way === 'streamed' && !this.#relay) this.#expectAnswer()
  }

  #expectAnswer(): void {
    this.#pool.deadlines.watch(this, this.#limitMs)
  }

  onTooLate(): void {
    if (this.#connection) {
      this.#connection.abort(new NoAnswer('no answer began in time'))
      return
    }
    if (this.#left) return
    // There is no connection yet: nothing is to be sent on it any more.
    this.#left = true
    this.#answer(this.#dialect.timedOut())
  }

  onHead(head: AnswerHead): void {
    this.#pool.deadlines.forget(this)
    if (this.#instance) this.#pool.answered(this.#instance, this.#trial)
    this.#trial = false
    if (isEventStream(head) && !this.#holdStream()) {
      this.#connection?.abort(tooManyStreams)
      return
    }
    this.#relay = new AnswerRelay(this.#response, () => this.#connection?.resume())
    this.#relay.begin(head)
  }

  onBody(piece: Buffer): boolean {
    return this.#relay?.piece(piece) !== false
  }

  onEnd(): void {
    this.#over = true
    this.#connection = undefined
    this.#leaveInstance()
    this.#relay?.end()
    // What nobody waited for is dropped: behind it the client's next request comes.
    if (this.#way === 'streamed') this.#request.resume()
  }

  onError(error: Error): void {
    this.#pool.deadlines.forget(this)
    const wasSent = this.#wasSent
    this.#connection = undefined
    const instance = this.#instance
    if (!instance || error === clientGone) {
      this.#finish()
      return
    }
    if (error === tooManyStreams) {
      this.refuse('too-many-streams')
      return
    }
    const failure = failureOf(error, wasSent)
    // What is left of a call's time after others had it says nothing about whom it ran out at.
    if (failure === 'refused' || failure === 'lost' || (failure === 'silent' && this.#hasFullTime())) {
      this.#pool.failed(instance, failure, this.#trial)
      this.#trial = false
    }
    if (failure === 'garbled') this.#pool.garbled(instance, error)
    if (this.#left) {
      this.#finish()
    } else if (this.#relay) {
      this.#finish()
      this.#response.breakOff()
    } else if (this.#mayTryAgain(failure)) {
      this.#tryAgain(instance, failure)
    } else {
      this.#reply(this.#wordsFor(failure))
    }
  }

  /** Whether anything may have gone over the connection. The head of a streamed request goes out with the first piece of its body. */
  get #wasSent(): boolean {
    return this.#connection !== undefined && !(this.body instanceof StreamedBody && this.body.untouched)
  }

  /** Whether the instance was given as long as any call has at most. */
  #hasFullTime(): boolean {
    return this.#limitMs >= this.#pool.limits.tryMs
  }

  #mayTryAgain(failure: CallFailure): boolean {
    // What is left of a millisecond is no time.
    if (this.#timeLeft() < 1) return false
    if (isUndelivered(failure)) {
      if (this.#tries >= mostTries + this.#pool.size) return false
      return !(this.body instanceof StreamedBody) || this.body.untouched
    }
    if (failure !== 'lost' && failure !== 'silent') return false
    return this.#tries < mostTries && this.#way === 'none' && isRepeatable(this.#request.method)
  }

  #tryAgain(instance: Instance, failure: CallFailure): void {
    instance.health.abandoned(this.#trial)
    this.#trial = false
    this.#instance = undefined
    this.#pool.moveOn(this, instance, failure)
  }

  #wordsFor(failure: CallFailure): Reply {
    const dialect = this.#dialect
    if (failure === 'silent') return dialect.timedOut()
    if (failure === 'lost' || failure === 'garbled') return dialect.badGateway()
    if (failure === 'too-large') return dialect.tooLarge(this.#policy.limitBytes)
    if (failure === 'unsendable') return dialect.badRequest(unsendable)
    return dialect.unavailable(retryAfterSeconds)
  }

  #holdStream(): boolean {
    if (this.#instance?.hasRoomForStream !== true) return false
    this.#instance.streams += 1
    this.#isStream = true
    return true
  }

  /** The wait for an answer ends by the limits of the call, which may be longer than a connection may be idle. */
  #onIdle(): void {
    const { socket } = this.#request
    if (this.#relay || this.#over) socket.destroy()
    else socket.setTimeout(socket.timeout ?? 0)
  }

  #onClientGone(): void {
    if (this.#over) return
    this.#left = true
    if (this.#connection) this.#connection.abort(clientGone)
    else if (!this.#instance) this.#pool.leaveLine(this)
  }

  #reply(reply: Reply): void {
    this.#finish()
    this.#answer(reply)
  }

  #answer(reply: Reply): void {
    // A client that is still sending would not hear the answer.
    this.#request.resume()
    writeReply(this.#response, reply)
  }

  #finish(): void {
    this.#over = true
    this.#leaveInstance()
  }

  #leaveInstance(): void {
    const instance = this.#instance
    if (!instance) return
    instance.health.abandoned(this.#trial)
    if (this.#isStream) instance.streams -= 1
    this.#instance = undefined
    this.#pool.leave(instance)
  }

  #timeLeft(): number {
    return this.deadline - this.#pool.now()
  }
}

const unsendable = 'The request could not be passed on'
const clientGone = new Error('the client went away')
const tooManyStreams = new Error('the instance has as many streams as it may have')
