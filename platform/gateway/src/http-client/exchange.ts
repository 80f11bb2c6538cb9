import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-head.ts'
import type { Connection } from './connection.ts'

/** A request that is to go out, and who hears of it. After `onEnd` or `onError` nothing more is heard. */
export interface Exchange {
  readonly method: string
  /** The head as it goes over the connection, in latin1. */
  readonly head: string
  readonly body: Buffer | PiecewiseBody | undefined
  /** There is a connection for it, on which it goes out now: with the first piece of its body, where that comes in pieces. */
  onConnection(connection: Connection): void
  /** The whole of it has gone out. */
  onSent(): void
  onHead(head: AnswerHead): void
  /** @param piece is to be used before this returns. @returns whether more may come; if not, after `resume` */
  onBody(piece: Buffer): boolean
  /** The connection speaks another protocol from here on, and is whose who hears of it. Absent where none was asked for. */
  onUpgrade?(head: AnswerHead, socket: Socket): void
  onEnd(): void
  onError(error: Error): void
}

/** A body that is sent as it comes. */
export interface PiecewiseBody {
  /** Whether each piece is to say its length, because the whole does not. */
  readonly isChunked: boolean
  /** For how long the other side may take nothing of it, in milliseconds. */
  readonly stallMs: number
  /** Begins to hand over its pieces. */
  start(taker: BodyTaker): void
  /** Goes on after a piece was too much. */
  resume(): void
  /** Nobody takes any more of it. */
  stop(): void
}

export interface BodyTaker {
  /** @returns whether more may come at once */
  piece(piece: Buffer): boolean
  end(): void
  /** The rest will not come. */
  broken(error: Error): void
}
