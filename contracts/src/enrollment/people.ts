import { Type } from 'typebox'
import { route } from '../route.ts'
import { Position, Time, UserNameParams } from './fields.ts'
import { Section } from './sections.ts'
import { instructor, student, surface } from './surface.ts'

export const listOwnEnrollments = route({
  name: 'listOwnEnrollments',
  summary: 'The sections where the student has a seat',
  method: 'GET',
  path: '/api/students/:username/enrollments',
  door: 'public',
  access: student,
  params: UserNameParams,
  replies: {
    200: Type.Object({ enrollments: Type.Array(Type.Object({ section: Section, enrolled_at: Time })) }),
  },
})

export const listOwnWaitingLists = route({
  name: 'listOwnWaitingLists',
  summary: 'The waiting lists the student is on',
  method: 'GET',
  path: '/api/students/:username/waitlists',
  door: 'public',
  access: student,
  params: UserNameParams,
  replies: {
    200: Type.Object({
      waitlists: Type.Array(Type.Object({ section_id: Type.Integer(), position: Position, joined_at: Time })),
    }),
  },
})

export const listTaught = route({
  name: 'listTaught',
  summary: 'The sections that the instructor teaches',
  method: 'GET',
  path: '/api/instructors/:username/sections',
  door: 'public',
  access: instructor,
  params: UserNameParams,
  replies: { 200: Type.Object({ sections: Type.Array(Section) }) },
})

export const students = surface('students', '/students', [listOwnEnrollments, listOwnWaitingLists])
export const instructors = surface('instructors', '/instructors', [listTaught])
