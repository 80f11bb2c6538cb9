import { Type } from 'typebox'
import { route } from '../route.ts'
import { Course } from './courses.ts'
import { Capacity, Id, IdParams, SectionNumber, strict, Term, UserName } from './fields.ts'
import { anyRole, registrar } from './surface.ts'

export const Section = Type.Object({
  id: Type.Integer(),
  course: Course,
  section_number: Type.Integer(),
  term: Type.String(),
  instructor: Type.String(),
  capacity: Type.Integer(),
  enrolled: Type.Integer(),
  seats_available: Type.Integer(),
  waitlist_length: Type.Integer(),
  waitlist_capacity: Type.Literal(15),
  status: Type.Union([Type.Literal('open'), Type.Literal('waitlist'), Type.Literal('full')], {
    description: 'open: a seat is free and nobody waits. waitlist: not open, and fewer than 15 wait. full: neither',
  }),
})

export const listSections = route({
  name: 'listSections',
  summary: 'All sections, or with `available=true` those that are open or have room on the waiting list',
  method: 'GET',
  path: '/api/sections',
  door: 'public',
  access: anyRole,
  query: strict({ available: Type.Optional(Type.String({ pattern: '^(?:true|false)$' })) }),
  replies: { 200: Type.Object({ sections: Type.Array(Section) }) },
})

export const readSection = route({
  name: 'readSection',
  summary: 'One section',
  method: 'GET',
  path: '/api/sections/:id',
  door: 'public',
  access: anyRole,
  params: IdParams,
  replies: { 200: Section },
})

export const addSection = route({
  name: 'addSection',
  summary: 'Add a section; no two of a course have the same number in one term',
  method: 'POST',
  path: '/api/sections',
  door: 'public',
  access: registrar,
  body: strict({
    course_id: Id,
    section_number: SectionNumber,
    term: Term,
    instructor: UserName,
    capacity: Capacity,
  }),
  replies: { 201: Section },
})

export const removeSection = route({
  name: 'removeSection',
  summary: 'Remove a section with its enrollments, its waiting list and its drops',
  method: 'DELETE',
  path: '/api/sections/:id',
  door: 'public',
  access: registrar,
  params: IdParams,
  replies: { 204: Type.Null() },
})

export const changeInstructor = route({
  name: 'changeInstructor',
  summary: 'Have another instructor teach a section; all rights over it go to the new one at once',
  method: 'PUT',
  path: '/api/sections/:id/instructor',
  door: 'public',
  access: registrar,
  params: IdParams,
  body: strict({ username: UserName }),
  replies: { 200: Section },
})
