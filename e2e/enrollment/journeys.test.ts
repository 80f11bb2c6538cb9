import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { Browser } from '../openid/browser.ts'
import { addClient, begin, connect } from '../openid/clients.ts'
import { ask, giveRole, personWith, takeRole } from '../support/enrollment.ts'
import { type Answer, callPath, objectOf } from '../support/http.ts'
import { newToken, type Player, registerPlayer, uniqueName } from '../support/people.ts'

let registrar: Player
let turing: Player
let hopper: Player
let ada: Player
let bob: Player

beforeAll(async () => {
  registrar = await personWith(['registrar'])
  turing = await personWith(['instructor'])
  hopper = await personWith(['instructor'])
  ada = await personWith(['student'])
  bob = await personWith(['student'])
})

function numberIn({ status, body, text }: Answer, name = 'id'): number {
  const value = objectOf(body)[name]
  if (typeof value !== 'number') throw new TypeError(`no ${name} in ${status} ${text}`)
  return value
}

/** A section of this size that `turing` teaches, of a course of its own. */
async function newSection(capacity: number): Promise<number> {
  const course = { department: 'CPSC', number: uniqueName('').slice(-9), title: 'Web Back-End Engineering' }
  const added = await ask(registrar, 'POST', '/courses', course)
  expect(added.headers['location']).toBe(`/api/courses/${numberIn(added)}`)
  const section = {
    course_id: numberIn(added),
    section_number: 1,
    term: 'FA26',
    instructor: turing.username,
    capacity,
  }
  return numberIn(await ask(registrar, 'POST', '/sections', section))
}

describe('a term', () => {
  it('E-51 goes from a registrar’s section to a student who is promoted', async () => {
    const id = await newSection(1)
    const available = await ask(ada, 'GET', '/sections?available=true')
    expect(objectOf(available.body)['sections']).toContainEqual(
      expect.objectContaining({ id, instructor: turing.username, seats_available: 1, status: 'open' }),
    )

    const seat = await ask(ada, 'POST', `/sections/${id}/enrollments`)
    expect(seat).toMatchObject({
      status: 201,
      body: { section_id: id, student: ada.username, status: 'enrolled' },
      headers: { location: `/api/sections/${id}/enrollments/${ada.username}`, 'x-instance': 'enrollment.1' },
    })
    const place = await ask(bob, 'POST', `/sections/${id}/enrollments`)
    expect(place).toMatchObject({ status: 201, body: { status: 'waitlisted', position: 1 } })
    const location = String(place.headers['location'])
    expect(location).toBe(`/api/sections/${id}/waitlist/${bob.username}`)
    expect((await callPath('public', 'GET', location, { token: bob.token })).body).toMatchObject({ position: 1 })
    expect(await ask(ada, 'POST', `/sections/${id}/enrollments`)).toMatchObject({
      status: 409,
      body: { error: { code: 'already_enrolled' } },
    })

    expect((await ask(turing, 'GET', `/instructors/${turing.username}/sections`)).body).toMatchObject({
      sections: expect.arrayContaining([expect.objectContaining({ id, enrolled: 1, waitlist_length: 1 })]),
    })
    const dropped = await ask(turing, 'DELETE', `/sections/${id}/enrollments/${ada.username}`)
    expect([dropped.status, dropped.text]).toEqual([204, ''])
    expect((await ask(turing, 'GET', `/sections/${id}/drops`)).body).toMatchObject({
      drops: [{ student: ada.username, dropped_by: 'instructor', dropped_at: expect.stringMatching(/^\d{4}-.*Z$/) }],
    })
    expect((await ask(bob, 'GET', `/students/${bob.username}/enrollments`)).body).toMatchObject({
      enrollments: [{ section: { id, enrolled: 1, status: 'waitlist' } }],
    })

    expect((await ask(registrar, 'DELETE', `/sections/${id}`)).status).toBe(204)
    expect((await ask(bob, 'GET', `/students/${bob.username}/enrollments`)).body).toEqual({ enrollments: [] })
    expect((await ask(bob, 'GET', `/sections/${id}`)).status).toBe(404)
  })
})

describe('at the door', () => {
  it('T-5 E-39 the roles of a token decide, and whoever is refused never reaches enrollment', async () => {
    const id = await newSection(1)
    const nobody = await registerPlayer()
    for (const [who, method, path] of [
      [nobody, 'GET', '/sections'],
      [turing, 'POST', `/sections/${id}/enrollments`],
      [registrar, 'POST', `/sections/${id}/enrollments`],
      [ada, 'GET', `/sections/${id}/enrollments`],
      [ada, 'POST', '/courses'],
      [turing, 'PUT', '/auto-enrollment'],
    ] as const) {
      const answer = await ask(who, method, path, {})
      expect(answer, path).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
      expect(answer.headers).not.toHaveProperty('x-instance')
    }
    const stranger = await callPath('public', 'GET', '/api/sections')
    expect(stranger.body).toMatchObject({ error: { code: 'unauthenticated' } })
    const bad = await callPath('public', 'GET', '/api/sections', { token: 'no.token.either' })
    for (const { status, headers } of [stranger, bad]) {
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer'])
      expect(headers).not.toHaveProperty('x-instance')
    }
  })

  it('T-5 E-13 whoever has two roles may do what either may', async () => {
    const both = await personWith(['student', 'instructor'], 'both')
    const id = await newSection(1)
    await ask(registrar, 'PUT', `/sections/${id}/instructor`, { username: both.username })
    expect((await ask(both, 'POST', `/sections/${id}/enrollments`)).status).toBe(201)
    expect((await ask(both, 'GET', `/sections/${id}/enrollments`)).body).toMatchObject({
      enrollments: [{ student: both.username }],
    })
  })

  it('a role counts from the next sign-in on, and is gone with the token when it is taken', async () => {
    const person = await registerPlayer()
    await giveRole(person, 'student')
    expect((await ask(person, 'GET', '/sections')).status).toBe(401)
    const token = await newToken(person)
    expect((await ask({ token }, 'GET', '/sections')).status).toBe(200)
    await takeRole(person, 'student')
    expect((await ask({ token }, 'GET', '/sections')).status).toBe(401)
    expect((await ask({ token: await newToken(person) }, 'GET', '/sections')).status).toBe(403)
  })

  it('T-6 E-45 what a client says about itself in headers is nothing', async () => {
    const id = await newSection(1)
    await ask(bob, 'POST', `/sections/${id}/enrollments`)
    const path = `/api/students/${bob.username}/enrollments`
    for (const headers of [
      { 'X-User': bob.username, 'X-Roles': 'student' },
      { 'x-user': [bob.username, bob.username], 'x-roles': ['registrar', 'student'] },
    ]) {
      expect((await callPath('public', 'GET', path, { headers })).status).toBe(401)
      expect((await callPath('public', 'GET', path, { headers, token: ada.token })).status).toBe(403)
      const drop = `/api/sections/${id}/enrollments/${bob.username}`
      expect((await callPath('public', 'DELETE', drop, { headers, token: ada.token })).status).toBe(403)
      expect((await callPath('public', 'DELETE', drop, { headers, token: hopper.token })).status).toBe(403)
    }
  })

  it('E-31 E-50 answers in enrollment’s words what is not to be had', async () => {
    const shape = { error: { code: expect.any(String), message: expect.any(String) } }
    expect(await ask(ada, 'GET', '/sections/1/seats')).toMatchObject({ status: 404, body: shape })
    expect(await ask(ada, 'GET', '/sections/one')).toMatchObject({ status: 404, body: shape })
    for (const path of ['/nowhere', '/sectionsx', '//sections', '']) {
      expect(await ask(ada, 'GET', path), path).toMatchObject({ status: 404, body: shape })
    }
    const wrong = await ask(ada, 'PATCH', '/sections/1')
    expect(wrong).toMatchObject({ status: 405, body: shape })
    expect(wrong.headers['allow']).toBe('GET, DELETE')
    expect(wrong.headers).not.toHaveProperty('x-instance')
    const options = { token: registrar.token, contentType: 'application/json' }
    expect(await callPath('public', 'POST', '/api/courses', { ...options, rawBody: '{"a":' })).toMatchObject({
      status: 400,
      body: shape,
    })
    expect(await ask(registrar, 'POST', '/courses', { department: 'X' })).toMatchObject({ status: 422, body: shape })
    expect((await callPath('admin', 'GET', '/api/sections', options)).status).toBe(404)
  })

  it.each([false, true])('E-33 takes no body over 64 KiB (in chunks: %j)', async (chunked) => {
    const course = { department: 'CPSC', number: '1', title: 'x'.repeat(66_000) }
    const answer = await callPath('public', 'POST', '/api/courses', { token: registrar.token, json: course, chunked })
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
  })

  it('E-23 takes tokens of the OpenID provider, with their roles', async () => {
    const config = await connect(await addClient({ name: 'Timetable', first_party: true }))
    const { url, checks } = await begin(config, { scope: 'openid impersonate' })
    const { url: back } = await new Browser().signIn(url, ada)
    const { access_token: token } = await openid.authorizationCodeGrant(config, new URL(back), checks)
    const id = await newSection(1)
    expect((await ask({ token }, 'POST', `/sections/${id}/enrollments`)).body).toMatchObject({ student: ada.username })
    expect((await ask({ token }, 'POST', '/courses', {})).status).toBe(403)
  })
})
