import { type Dispatcher, overHttpDispatcher, type OverHttpOptions } from '@sallyport/gateway'
import type { Logger } from 'pino'
import type { Settings } from '../settings/settings.ts'
import type { OwnService } from './own-services.ts'

/** The ways to the services of a user's own, by their names. */
export function dispatchersTo(
  services: readonly OwnService[],
  parts: {
    readonly upstream: Settings['upstream']
    readonly metrics: OverHttpOptions['metrics']
    readonly log: Logger
  },
): [string, Dispatcher][] {
  const { upstream, metrics, log } = parts
  return services.map(({ name, config, urls }) => {
    const { timeoutSeconds } = config.limits ?? {}
    const times = timeoutSeconds !== undefined && { tryMs: timeoutSeconds * 1000, totalMs: timeoutSeconds * 1000 }
    return [name, overHttpDispatcher({ service: name, urls, limits: { ...upstream, ...times }, metrics, log })]
  })
}
