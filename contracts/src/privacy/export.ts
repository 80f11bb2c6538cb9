import { type TObject, Type } from 'typebox'
import { route } from '../route.ts'

/** So many records are in a page of what a service holds of somebody, unless fewer are asked for. */
export const personalDataPageSize = 500

/**
 * The route by which identity asks a service what it holds of somebody, in sections and in pages. Every section is in a page at
 * least once, in the order of the schema, also when there is nothing in it; a list goes on in the pages that follow.
 *
 * @param person what the service knows people by
 */
export function personalDataRoute<const Sections extends TObject>(service: string, person: string, sections: Sections) {
  return route({
    name: 'exportPersonalData',
    summary: `What ${service} holds of one person, in pages; \`next\` leads to the page after it, and is null on the last`,
    method: 'GET',
    path: `/internal/${service}/people/:person/data`,
    door: 'internal',
    access: { who: 'service', from: ['identity'] },
    params: Type.Object({ person: Type.String({ maxLength: 200, description: person }) }),
    query: Type.Object({
      after: Type.Optional(Type.String({ maxLength: 100 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: personalDataPageSize })),
    }),
    replies: { 200: Type.Object({ sections, next: Type.Union([Type.String(), Type.Null()]) }) },
  })
}
