import { setTimeout as sleep } from 'node:timers/promises'
import { auction, enrollment, gacha, type identity, pictures, ServiceUnreachable, wallet } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import type { PersonalDataPlace } from '@sallyport/service'
import type { MemberServices } from '../memberships/memberships.ts'

/** Somebody, as the services know them. */
export interface Person {
  readonly uid: AccountId
  readonly username: string
  /** Whether they ever had a role of the enrollment system, which knows people by their names alone. */
  readonly hasFixedName: boolean
}

/** What is in a section: a list that may go on, one record, or nothing. */
export type SectionContent = readonly object[] | object | null

/** A page of what a service holds of somebody. */
export interface DataPage {
  readonly sections: { readonly [name: string]: SectionContent }
  /** Leads to the next page, if there is one. */
  readonly next: string | null
}

/** One part of an export. */
export interface PersonalDataSource {
  readonly part: identity.ExportPart
  /** Undefined where somebody is surely not known. @throws {ServiceUnreachable} */
  read(person: Person, place?: PersonalDataPlace): Promise<DataPage | undefined>
}

/** The services, asked over the ways to them. */
export function sourcesAt(services: MemberServices): readonly PersonalDataSource[] {
  const query = ({ after, limit }: PersonalDataPlace = {}) => ({
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
  })
  const at = ({ uid }: Person, place?: PersonalDataPlace) => ({ params: { person: uid }, query: query(place) })
  return [
    {
      part: 'wallet',
      read: async (person, place) => (await services.wallet(wallet.exportPersonalData, at(person, place))).body,
    },
    {
      part: 'gacha',
      read: async (person, place) => (await services.gacha(gacha.exportPersonalData, at(person, place))).body,
    },
    {
      part: 'auction',
      read: async (person, place) => (await services.auction(auction.exportPersonalData, at(person, place))).body,
    },
    {
      part: 'enrollment',
      async read({ username, hasFixedName }, place) {
        // Others may have a name that a registrar has written down for somebody else.
        if (!hasFixedName) return undefined
        const input = { params: { person: username }, query: query(place) }
        return (await services.enrollment(enrollment.exportPersonalData, input)).body
      },
    },
    {
      part: 'pictures',
      read: async (person, place) => (await services.pictures(pictures.exportPersonalData, at(person, place))).body,
    },
  ]
}

/** So long is waited before a page is asked for again, in milliseconds: an instance that restarts is there by then. */
const pausesMs = [100, 500, 2000]

/** The same source, which asks again where there was no answer. */
export function patient(source: PersonalDataSource): PersonalDataSource {
  return {
    part: source.part,
    async read(person, place) {
      for (const pauseMs of pausesMs) {
        try {
          return await source.read(person, place)
        } catch (error) {
          if (!(error instanceof ServiceUnreachable)) throw error
          await sleep(pauseMs)
        }
      }
      return source.read(person, place)
    },
  }
}
