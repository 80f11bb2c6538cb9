import { enrollment } from '@sallyport/contracts'
import { handle, type HandledRoute } from '@sallyport/service'
import type { Courses } from '../courses/courses.ts'
import { createdAt } from './shapes.ts'

export function courseRoutes(courses: Courses): HandledRoute[] {
  return [
    handle(enrollment.addCourse, async ({ body }) => {
      const course = await courses.add(body)
      return createdAt(`/api/courses/${course.id}`, course)
    }),
  ]
}
