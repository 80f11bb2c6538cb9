import { type Erased, type ErasingService, erasingServices } from '@sallyport/contracts'
import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import type { ErasureReceipt } from './erasure-receipt.ts'

export type ErasureId = Brand<string, 'ErasureId'>

/** `pictures` is what the pictures service holds, of somebody who keeps the account (pictures S-37). */
export type ErasureScope = 'everything' | 'pictures'

export type ErasureStepName = ErasingService | 'identity'

/** The services in any order, and identity last: until then it knows who it is about. */
export function stepsOf(scope: ErasureScope): readonly ErasureStepName[] {
  return [...servicesOf(scope), 'identity']
}

export function servicesOf(scope: ErasureScope): readonly ErasingService[] {
  return scope === 'everything' ? erasingServices : ['pictures']
}

/** Whom an erasure is about, as long as it is under way. */
export interface ErasedPerson {
  readonly uid: AccountId
  readonly username: string | undefined
  readonly email: string | undefined
}

export interface ErasureStep extends Erased {
  readonly step: ErasureStepName
  readonly doneAt: Date | undefined
}

export interface Erasure {
  readonly id: ErasureId
  readonly scope: ErasureScope
  readonly keepsUploads: boolean
  readonly startedAt: Date
  /** Undefined once it is finished. */
  readonly person: ErasedPerson | undefined
  readonly steps: readonly ErasureStep[]
  /** Once it is finished. */
  readonly receipt: ErasureReceipt | undefined
}

/** Unknown, or the token is not its token: the same answer. */
export class UnknownErasure extends Rejection {
  override name = 'UnknownErasure'
  readonly code = 'unknown-erasure'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such erasure, or this is not its receipt token')
  }
}

export class ErasureUnderWay extends Rejection {
  override name = 'ErasureUnderWay'
  readonly code = 'erasure-under-way'
  readonly reason = 'conflict'
  constructor() {
    super('this is being erased already')
  }
}
