/** What enrollment promises, written down a second time and as plainly as can be: lists of names. */
export class EnrollmentModel {
  isAutomatic = true
  readonly sections: ModelSection[] = []

  enroll(section: ModelSection, student: string): unknown {
    if (section.isRemoved) return 'unknown_section'
    if (section.enrolled.includes(student)) return 'already_enrolled'
    if (section.waiting.includes(student)) return 'already_waitlisted'
    if (section.enrolled.length < section.capacity && section.waiting.length === 0) {
      section.enrolled.push(student)
      section.dropped.delete(student)
      return 'enrolled'
    }
    if (section.waiting.length >= 15) return 'waitlist_full'
    if (this.sections.filter(({ waiting }) => waiting.includes(student)).length >= 3) return 'waitlist_limit'
    section.dropped.delete(student)
    return section.waiting.push(student)
  }

  drop(section: ModelSection, student: string, by: 'student' | 'instructor'): unknown {
    if (section.isRemoved) return 'unknown_section'
    if (!section.enrolled.includes(student)) return 'not_enrolled'
    remove(section.enrolled, student)
    section.dropped.set(student, by)
    if (this.isAutomatic) promote(section)
    return undefined
  }

  leave(section: ModelSection, student: string): unknown {
    if (section.isRemoved) return 'unknown_section'
    if (!section.waiting.includes(student)) return 'not_waiting'
    remove(section.waiting, student)
    return undefined
  }

  setAutomatic(enabled: boolean): void {
    this.isAutomatic = enabled
    if (enabled) for (const section of this.sections) promote(section)
  }

  remove(section: ModelSection): unknown {
    if (section.isRemoved) return 'unknown_section'
    section.isRemoved = true
    section.enrolled.length = 0
    section.waiting.length = 0
    return undefined
  }
}

export class ModelSection {
  isRemoved = false
  readonly enrolled: string[] = []
  readonly waiting: string[] = []
  readonly dropped = new Map<string, 'student' | 'instructor'>()
  readonly id: number
  readonly capacity: number

  constructor(id: number, capacity: number) {
    this.id = id
    this.capacity = capacity
  }
}

function promote(section: ModelSection): void {
  while (section.enrolled.length < section.capacity) {
    const first = section.waiting.shift()
    if (first === undefined) return
    section.enrolled.push(first)
  }
}

function remove(list: string[], name: string): void {
  list.splice(list.indexOf(name), 1)
}
