import { Type } from 'typebox'
import { route } from '../route.ts'
import { CourseNumber, Department, strict, Title } from './fields.ts'
import { registrar, surface } from './surface.ts'

export const Course = Type.Object({
  id: Type.Integer(),
  department: Type.String(),
  number: Type.String(),
  title: Type.String(),
})

export const addCourse = route({
  name: 'addCourse',
  summary: 'Add a course; no two have the same department and number',
  method: 'POST',
  path: '/api/courses',
  door: 'public',
  access: registrar,
  body: strict({ department: Department, number: CourseNumber, title: Title }),
  replies: { 201: Course },
})

export const courses = surface('courses', '/courses', [addCourse])
