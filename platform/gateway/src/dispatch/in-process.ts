import type { Service } from '@sallyport/service'
import type { Dispatcher } from './dispatcher.ts'

/** Calls a service of the same process. */
export function inProcessDispatcher(service: Pick<Service, 'handle'>): Dispatcher {
  return {
    dispatch: ({ request, response }) => service.handle(request, response),
    turn: () => undefined,
    instances: () => ({}),
    close: async () => undefined,
  }
}
