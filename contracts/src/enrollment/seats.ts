import { Type } from 'typebox'
import { route } from '../route.ts'
import { IdAndUserNameParams, IdParams, Position, Time } from './fields.ts'
import { instructor, student, studentOrInstructor } from './surface.ts'

const Enrolled = Type.Object({
  section_id: Type.Integer(),
  student: Type.String(),
  status: Type.Literal('enrolled'),
})
const Waitlisted = Type.Object({
  section_id: Type.Integer(),
  student: Type.String(),
  status: Type.Literal('waitlisted'),
  position: Position,
})

export const enroll = route({
  name: 'enroll',
  summary: 'Take a seat or, where none is free, the last place on the waiting list',
  method: 'POST',
  path: '/api/sections/:id/enrollments',
  door: 'public',
  access: student,
  params: IdParams,
  replies: { 201: Type.Union([Enrolled, Waitlisted]) },
})

export const drop = route({
  name: 'drop',
  summary:
    'Give up a seat of one’s own, or take it from a student of a section one teaches; whoever waits first gets it',
  method: 'DELETE',
  path: '/api/sections/:id/enrollments/:username',
  door: 'public',
  access: studentOrInstructor,
  params: IdAndUserNameParams,
  replies: { 204: Type.Null() },
})

export const readPosition = route({
  name: 'readPosition',
  summary: 'The place of a student on a waiting list, for the student and the instructor',
  method: 'GET',
  path: '/api/sections/:id/waitlist/:username',
  door: 'public',
  access: studentOrInstructor,
  params: IdAndUserNameParams,
  replies: { 200: Type.Object({ section_id: Type.Integer(), student: Type.String(), position: Position }) },
})

export const leaveWaitingList = route({
  name: 'leaveWaitingList',
  summary: 'Leave a waiting list; whoever is behind moves up',
  method: 'DELETE',
  path: '/api/sections/:id/waitlist/:username',
  door: 'public',
  access: student,
  params: IdAndUserNameParams,
  replies: { 204: Type.Null() },
})

export const listEnrolled = route({
  name: 'listEnrolled',
  summary: 'Who has a seat, for the instructor of the section',
  method: 'GET',
  path: '/api/sections/:id/enrollments',
  door: 'public',
  access: instructor,
  params: IdParams,
  replies: {
    200: Type.Object({ enrollments: Type.Array(Type.Object({ student: Type.String(), enrolled_at: Time })) }),
  },
})

export const listDrops = route({
  name: 'listDrops',
  summary: 'Whose last step was a drop, for the instructor of the section',
  method: 'GET',
  path: '/api/sections/:id/drops',
  door: 'public',
  access: instructor,
  params: IdParams,
  replies: {
    200: Type.Object({
      drops: Type.Array(
        Type.Object({
          student: Type.String(),
          dropped_at: Time,
          dropped_by: Type.Union([Type.Literal('student'), Type.Literal('instructor')]),
        }),
      ),
    }),
  },
})

export const listWaiting = route({
  name: 'listWaiting',
  summary: 'Who waits, in order, for the instructor of the section',
  method: 'GET',
  path: '/api/sections/:id/waitlist',
  door: 'public',
  access: instructor,
  params: IdParams,
  replies: {
    200: Type.Object({
      waitlist: Type.Array(Type.Object({ position: Position, student: Type.String(), joined_at: Time })),
    }),
  },
})
