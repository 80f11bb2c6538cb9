import { enrollment } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { parseUserName, type UserName } from '../people/user-name.ts'
import { parseSectionId } from '../sections/section.ts'
import type { Sections } from '../sections/sections.ts'
import { createdAt, noContent, toSection } from './shapes.ts'

/** What everybody sees of sections, and what the registrar does with them. */
export function sectionRoutes(sections: Sections): HandledRoute[] {
  return [
    handle(enrollment.listSections, async ({ query }) => {
      const found = await (query.available === 'true' ? sections.listAvailable() : sections.list())
      return ok({ sections: found.map(toSection) })
    }),

    handle(enrollment.readSection, async ({ params }) => ok(toSection(await sections.read(parseSectionId(params.id))))),

    handle(enrollment.addSection, async ({ body }) => {
      const { course_id: courseId, section_number: sectionNumber, term, capacity } = body
      const instructor = knownForm(body.instructor)
      const section = await sections.add({ courseId, sectionNumber, term, instructor, capacity })
      return createdAt(`/api/sections/${section.id}`, toSection(section))
    }),

    handle(enrollment.removeSection, async ({ params }) => {
      await sections.remove(parseSectionId(params.id))
      return noContent
    }),

    handle(enrollment.changeInstructor, async ({ params, body }) => {
      const section = await sections.changeInstructor(parseSectionId(params.id), knownForm(body.username))
      return ok(toSection(section))
    }),
  ]
}

/** The form of a user name in a body was checked by the contract. */
function knownForm(text: string): UserName {
  const name = parseUserName(text)
  if (name === undefined) throw new TypeError('a user name passed its schema that is none')
  return name
}
