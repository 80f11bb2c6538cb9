import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EnrollmentModel, ModelSection } from './model.ts'
import {
  type Ask,
  codeOf,
  endOf,
  registrar,
  startEnrollment,
  student,
  type TestEnrollment,
  turing,
} from './test-enrollment.ts'

let app: TestEnrollment
let instances: readonly Ask[]

beforeAll(async () => {
  app = await startEnrollment()
  instances = [app.ask, (await app.startAnother('2')).ask, (await app.startAnother('3')).ask]
})
afterAll(() => app.stop())

interface Step {
  readonly what: 'enroll' | 'drop' | 'throw out' | 'leave' | 'freeze' | 'resume' | 'remove'
  readonly section: number
  readonly student: number
}

const capacities = [1, 2, 1, 1, 1]
/** More than the seats of a section and the places of its list. */
const students = 19

const steps = fc.array(
  fc.record<Step>({
    what: fc.oneof(
      { weight: 24, arbitrary: fc.constant('enroll' as const) },
      { weight: 5, arbitrary: fc.constant('drop' as const) },
      { weight: 3, arbitrary: fc.constant('throw out' as const) },
      { weight: 3, arbitrary: fc.constant('leave' as const) },
      { weight: 2, arbitrary: fc.constant('freeze' as const) },
      { weight: 2, arbitrary: fc.constant('resume' as const) },
      { weight: 1, arbitrary: fc.constant('remove' as const) },
    ),
    // The first section is wanted most, so that its list fills up.
    section: fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.nat(capacities.length - 1) },
    ),
    // The first student wants most, and so comes to the end of the own lists.
    student: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(students - 1) }),
  }),
  { minLength: 80, maxLength: 160 },
)

const enrolls = (student: number, section: number): Step => ({ what: 'enroll', section, student })

/** Comes to the limits, which one story in five hundred sets of others never does. */
const toTheLimits: Step[] = [
  ...[0, 1, 2, 3, 4].map((section) => enrolls(1, section)),
  enrolls(2, 1),
  enrolls(1, 0),
  // On three lists, and on no fourth.
  ...[0, 1, 2, 2, 3].map((section) => enrolls(0, section)),
  ...Array.from({ length: 14 }, (_, index) => enrolls(3 + index, 0)),
  enrolls(18, 0),
  { what: 'drop', section: 0, student: 18 },
]

it(
  'T-7 T-8 T-9 T-15 does whatever comes as the model says, whichever instance is asked',
  { timeout: 300_000 },
  async () => {
    let run = 0
    const seen = new Set<unknown>()
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        run += 1
        const model = new EnrollmentModel()
        await app.ask(registrar, 'PUT', '/api/auto-enrollment', { enabled: true })
        for (const capacity of capacities)
          model.sections.push(new ModelSection(await app.newSection(capacity), capacity))
        for (const [turn, step] of story.entries()) {
          const section = model.sections[step.section]
          const ask = instances[turn % instances.length]
          if (!section || !ask) throw new TypeError('a step of no section')
          const [expected, actual] = await take(step, { model, section, ask, name: `r${run}.${step.student}` })
          if (typeof expected !== 'object') seen.add(expected)
          expect(actual, JSON.stringify(step)).toEqual(expected)
        }
        for (const section of model.sections) await compare(section)
      }),
      { numRuns: 25, examples: [[toTheLimits]] },
    )
    // Stories that never come to the limits would prove nothing about them.
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'enrolled',
        'already_enrolled',
        'already_waitlisted',
        'waitlist_full',
        'waitlist_limit',
        'not_enrolled',
        1,
        15,
      ]),
    )
  },
)

/** What the model says to a step, and what enrollment says. */
async function take(
  { what }: Step,
  { model, section, ask, name }: { model: EnrollmentModel; section: ModelSection; ask: Ask; name: string },
): Promise<readonly [unknown, unknown]> {
  const path = `/api/sections/${section.id}`
  const [seat, place] = [`${path}/enrollments/${name}`, `${path}/waitlist/${name}`]
  const setting = async (enabled: boolean) => {
    model.setAutomatic(enabled)
    return [{ enabled }, (await ask(registrar, 'PUT', '/api/auto-enrollment', { enabled })).body] as const
  }
  const steps: Record<Step['what'], () => Promise<readonly [unknown, unknown]>> = {
    enroll: async () => [model.enroll(section, name), endOf(await ask(student(name), 'POST', `${path}/enrollments`))],
    drop: async () => [model.drop(section, name, 'student'), codeOf(await ask(student(name), 'DELETE', seat))],
    'throw out': async () => [model.drop(section, name, 'instructor'), codeOf(await ask(turing, 'DELETE', seat))],
    leave: async () => [model.leave(section, name), codeOf(await ask(student(name), 'DELETE', place))],
    remove: async () => [model.remove(section), codeOf(await ask(registrar, 'DELETE', path))],
    freeze: () => setting(false),
    resume: () => setting(true),
  }
  return steps[what]()
}

async function compare({ id, capacity, isRemoved, enrolled, waiting, dropped }: ModelSection): Promise<void> {
  if (isRemoved) {
    expect((await app.ask(turing, 'GET', `/api/sections/${id}`)).status).toBe(404)
    return
  }
  const list = async (name: string): Promise<unknown> => {
    const { body } = await app.ask(turing, 'GET', `/api/sections/${id}/${name}`)
    return Object.values(Object(body))[0]
  }
  expect(enrolled.length).toBeLessThanOrEqual(capacity)
  const byName = [...enrolled].sort()
  expect(await list('enrollments')).toEqual(byName.map((student) => ({ student, enrolled_at: expect.any(String) })))
  expect(await list('waitlist')).toEqual(
    waiting.map((student, index) => ({ position: index + 1, student, joined_at: expect.any(String) })),
  )
  const drops = [...dropped].map(([student, dropped_by]) => ({ student, dropped_by, dropped_at: expect.any(String) }))
  const told = await list('drops')
  expect(told).toEqual(expect.arrayContaining(drops))
  expect(told).toHaveLength(drops.length)
}
