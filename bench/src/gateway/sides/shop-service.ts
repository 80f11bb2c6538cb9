import { type Authentication, createService, handle, ok, type Service } from '@sallyport/service'
import { pino } from 'pino'
import { readThing, shop, thing } from '../shop.ts'

export const log = pino({ level: 'warn' })

/** The service behind our doors, made with the service kit. */
export function createShop(authentication: Authentication): Promise<Service> {
  const routes = [handle(readThing, async ({ params }) => ok({ ...thing, name: params.name }))]
  return createService({ contract: shop, routes, authentication, log })
}
