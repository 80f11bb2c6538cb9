import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect, Reply } from '@sallyport/contracts'
import type { Dispatcher as Undici } from 'undici'
import { writeReply } from '../write-reply.ts'
import { type AnswerHeaders, isEventStream, isFramed, requestHeaders, takeOver } from './call-headers.ts'
import type { BodyPolicy, Dispatch } from './dispatcher.ts'
import { type CallFailure, failureOf, isRepeatable, isUndelivered, NoAnswer } from './failure.ts'
import type { Instance } from './instance.ts'
import type { InstancePool, Shortage } from './pool.ts'
import { type BodyWay, bodyWayOf, gather, StreamedBody } from './request-body.ts'
import type { Waiting } from './waiting-line.ts'

/** A call is sent at most so often, apart from tries by which nothing was delivered: each instance may refuse once. */
const mostTries = 3
/** An answer is short up to this length, in bytes. */
const shortBytes = 8192
/** What a client is told when no instance can be had, in seconds. */
const retryAfterSeconds = 1

/**
 * One request on its way to an instance and its answer on the way back. It is made for each request and is itself what
 * undici reports to, so that nothing else has to be.
 */
export class Call implements Undici.DispatchHandler, Waiting {
  deadline = 0
  readonly #pool: InstancePool
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #policy: BodyPolicy
  readonly #dialect: Dialect
  readonly #record: Dispatch['record']
  readonly #way: BodyWay
  #headers: string[] = []
  #body: Buffer | StreamedBody | null = null
  #instance: Instance | undefined
  #controller: Undici.DispatchController | undefined
  /** Whether this call finds out if its instance is back. */
  #trial = false
  /** How long the instance has to begin its answer, in milliseconds. */
  #limitMs = 0
  #timer: NodeJS.Timeout | undefined
  /** Whether anything may have been written to the connection. */
  #sent = false
  #answered = false
  /** Whether the answer goes on until the client leaves. */
  #isStream = false
  /** The client has left. */
  #left = false
  #over = false
  #tries = 0
  /** What the answer has left to come, in bytes, when it says so. */
  #remaining = Number.NaN

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

  begin(): void {
    const request = this.#request
    this.#headers = requestHeaders(request)
    this.#response.on('close', () => this.#onClientGone()).on('timeout', () => this.#onIdle())
    if (this.#way === 'gathered') {
      gather(request, (body) => {
        this.#body = body
        if (!this.#left) this.#enter()
      })
      return
    }
    if (!this.#policy.taken && isFramed(request)) request.resume()
    this.#enter()
  }

  /** The time that the client takes for its body is not the service's. */
  #enter(): void {
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
    if (this.#way === 'streamed') this.#body = new StreamedBody(this.#request, this.#policy.limitBytes)
    else this.#expectAnswer()
    instance.connections.dispatch(
      {
        // The route table has let no other method through than those of its routes, or any that HTTP has.
        method: this.#request.method ?? 'GET',
        path: this.#request.url ?? '/',
        headers: this.#headers,
        body: this.#body,
        // For an instance that takes no more of a body; of the whole time a timer of our own is in charge.
        headersTimeout: this.#way === 'streamed' ? Math.ceil(this.#limitMs) : 0,
      },
      this,
    )
  }

  refuse(shortage: Shortage): void {
    this.#pool.shortOf(shortage)
    this.#reply(this.#dialect.unavailable(retryAfterSeconds))
  }

  waitedTooLong(): void {
    this.refuse('waited-too-long')
  }

  onRequestStart(controller: Undici.DispatchController): void {
    if (this.#left) {
      controller.abort(clientGone)
      return
    }
    this.#controller = controller
    // The head of a streamed request is written with the first piece of its body, any other one now.
    this.#sent = this.#way !== 'streamed'
  }

  onBodySent(): void {
    this.#sent = true
  }

  onRequestSent(): void {
    this.#sent = true
    if (this.#way === 'streamed' && !this.#answered) this.#expectAnswer()
  }

  #expectAnswer(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#onSilence(), this.#limitMs)
  }

  #onSilence(): void {
    if (this.#controller) {
      this.#controller.abort(new NoAnswer('no answer began in time'))
      return
    }
    if (this.#left) return
    // There is no connection yet: nothing is to be sent on it any more.
    this.#left = true
    this.#answer(this.#dialect.timedOut())
  }

  onResponseStart(controller: Undici.DispatchController, status: number, headers: AnswerHeaders): void {
    // What comes before the answer is for this connection alone.
    if (status < 200) return
    clearTimeout(this.#timer)
    if (this.#instance) this.#pool.answered(this.#instance, this.#trial)
    this.#trial = false
    if (isEventStream(headers) && !this.#holdStream()) {
      controller.abort(tooManyStreams)
      return
    }
    this.#answered = true
    const response = this.#response
    takeOver(headers, response)
    const length = headers['content-length']
    response.writeHead(status)
    if (typeof length === 'string') this.#remaining = Number(length)
    // An answer of unknown length may take its time: its client sees the beginning at once.
    else response.flushHeaders()
  }

  onResponseData(controller: Undici.DispatchController, chunk: Buffer): void {
    this.#remaining -= chunk.length
    if (this.#remaining === 0 && chunk.length <= shortBytes) {
      // As a string the head and a short body go out in one write, which costs a tenth less of the whole way.
      this.#response.end(chunk.toString('latin1'), 'latin1')
    } else if (!this.#response.write(chunk)) {
      controller.pause()
      this.#response.once('drain', () => controller.resume())
    }
  }

  onResponseEnd(): void {
    this.#over = true
    this.#leaveInstance()
    this.#response.end()
  }

  onResponseError(_controller: Undici.DispatchController | null, error: Error): void {
    clearTimeout(this.#timer)
    const instance = this.#instance
    if (!instance || error === clientGone) {
      this.#finish()
      return
    }
    if (error === tooManyStreams) {
      this.refuse('too-many-streams')
      return
    }
    const failure = this.#failureOf(error)
    // What is left of a call's time after others had it says nothing about whom it ran out at.
    if (failure === 'refused' || failure === 'lost' || (failure === 'silent' && this.#hasFullTime())) {
      this.#pool.failed(instance, failure, this.#trial)
      this.#trial = false
    }
    if (this.#left) {
      this.#finish()
    } else if (this.#answered) {
      // Half an answer must not look like a whole one.
      this.#finish()
      this.#request.socket.destroy()
    } else if (this.#mayTryAgain(failure)) {
      this.#tryAgain(instance, failure)
    } else {
      this.#reply(this.#wordsFor(failure))
    }
  }

  /** Whether the instance was given as long as any call has at most. */
  #hasFullTime(): boolean {
    return this.#limitMs >= this.#pool.limits.tryMs
  }

  #failureOf(error: Error): CallFailure {
    const failure = failureOf(error, this.#sent)
    // Without a connection that it could begin on there was none.
    return failure === 'stale' && !this.#controller ? 'refused' : failure
  }

  #mayTryAgain(failure: CallFailure): boolean {
    // What is left of a millisecond is no time.
    if (this.#timeLeft() < 1) return false
    if (isUndelivered(failure)) {
      if (this.#tries >= mostTries + this.#pool.size) return false
      return !(this.#body instanceof StreamedBody) || this.#body.untouched
    }
    if (failure !== 'lost' && failure !== 'silent') return false
    return this.#tries < mostTries && this.#way === 'none' && isRepeatable(this.#request.method)
  }

  #tryAgain(instance: Instance, failure: CallFailure): void {
    instance.health.abandoned(this.#trial)
    this.#trial = false
    this.#controller = undefined
    this.#sent = false
    this.#instance = undefined
    this.#pool.moveOn(this, instance, failure)
  }

  #wordsFor(failure: CallFailure): Reply {
    const dialect = this.#dialect
    if (failure === 'silent') return dialect.timedOut()
    if (failure === 'lost' || failure === 'garbled') return dialect.badGateway()
    if (failure === 'too-large') return dialect.tooLarge(this.#policy.limitBytes)
    if (failure === 'unsendable') return dialect.badRequest('The request could not be passed on')
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
    if (this.#answered || this.#over) socket.destroy()
    else socket.setTimeout(socket.timeout ?? 0)
  }

  #onClientGone(): void {
    if (this.#over) return
    this.#left = true
    if (this.#controller) this.#controller.abort(clientGone)
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

const clientGone = new Error('the client went away')
const tooManyStreams = new Error('the instance has as many streams as it may have')
