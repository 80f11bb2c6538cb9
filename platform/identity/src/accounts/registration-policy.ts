import { isId } from '@sallyport/kernel'
import { isCommonPassword } from '../passwords/common-passwords.ts'
import { strengthOf } from '../passwords/strength.ts'
import { type Birthplace, InvalidEmail, InvalidPassword, InvalidUsername, WeakPassword } from './account.ts'

/** What a surface asks of the names and passwords of the accounts that are born on it. */
export interface RegistrationPolicy {
  /** @throws {InvalidEmail} */
  checkEmail(email: string): void
  /** @throws {InvalidUsername} */
  checkUsername(username: string): void
  /** How a user name is kept. */
  spell(username: string): string
  /** @throws {InvalidPassword} @throws {WeakPassword} */
  checkPassword(password: string, about?: readonly string[]): void
  /** Whether there is no account without an e-mail address. */
  readonly needsEmail: boolean
  /** Whether an account has its things at the services of the market from the start, and not from its first sign-in there. */
  readonly joinsAtOnce: boolean
  /** Whether sign-in waits until the e-mail address is proven. */
  readonly needsProvenEmail: boolean
  /** Whether the provisioning hook is told of new accounts. */
  readonly isAnnounced: boolean
  /** Whether names stay reserved when the account is deleted. */
  readonly keepsNames: boolean
}

const leastPasswordLength = 8

/** The platform's floor (design §4): a surface may only tighten it. */
export const platformFloor: Pick<RegistrationPolicy, 'checkEmail' | 'checkUsername' | 'checkPassword'> = {
  checkEmail(email) {
    if (email.length > 254) throw new InvalidEmail()
  },
  checkUsername(username) {
    if (isId(username.toLowerCase()) || username.includes('@')) {
      throw new InvalidUsername('Invalid username: it must not look like an id or an e-mail address')
    }
  },
  checkPassword(password) {
    if (Array.from(password).length < leastPasswordLength) {
      throw new InvalidPassword(`Invalid password: at least ${leastPasswordLength} characters are needed`)
    }
    if (isCommonPassword(password)) {
      throw new InvalidPassword('Invalid password: it is one of the 1000 most common ones')
    }
  },
}

// Word characters as Python's `\w` has them, anchored at the true end of the string (market §4).
const marketEmail = /^[\p{L}\p{N}_.%+-]+@[\p{L}\p{N}_.-]+\.[A-Za-z]{2,}$/u
const marketUsername = /^[a-zA-Z][a-zA-Z0-9_]{2,29}$/
const special = /[!@#$%^&*(),.?":{}|<>]/

/** The market's rules (market §4). */
const market: RegistrationPolicy = {
  needsEmail: true,
  joinsAtOnce: true,
  needsProvenEmail: false,
  isAnnounced: false,
  keepsNames: false,
  checkEmail(email) {
    if (!marketEmail.test(email)) throw new InvalidEmail()
    platformFloor.checkEmail(email)
  },
  spell: (username) => username,
  checkUsername(username) {
    if (!marketUsername.test(username)) {
      throw new InvalidUsername('Invalid username: 3 to 30 letters, digits and underscores, beginning with a letter')
    }
    platformFloor.checkUsername(username)
  },
  checkPassword(password) {
    platformFloor.checkPassword(password)
    if (!/[A-Z]/.test(password) || !/[a-z]/.test(password) || !/[0-9]/.test(password) || !special.test(password)) {
      throw new InvalidPassword(
        'Invalid password: an upper-case and a lower-case letter, a digit and a special character are needed',
      )
    }
    if (Buffer.byteLength(password) > 72) throw new InvalidPassword('Invalid password: at most 72 bytes are allowed')
  },
}

// A local part, an @ and a domain that ends in letters, anchored at both ends (accounts A-41).
const accountsEmail = /^[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$/
const leastScore = 3

/** The rules of the account service (accounts ). */
const accounts: RegistrationPolicy = {
  needsEmail: true,
  joinsAtOnce: false,
  needsProvenEmail: true,
  isAnnounced: true,
  keepsNames: true,
  checkEmail(email) {
    if (email.length < 5 || email.length > 100 || !accountsEmail.test(email)) throw new InvalidEmail()
    platformFloor.checkEmail(email)
  },
  spell: (username) => username,
  checkUsername(username) {
    const { length } = Array.from(username)
    if (length < 3 || length > 50 || /[\p{C}]/u.test(username)) {
      throw new InvalidUsername('a user name has 3 to 50 characters that can be seen')
    }
    platformFloor.checkUsername(username)
  },
  checkPassword(password, about = []) {
    if (Array.from(password).length > 200) throw new InvalidPassword('a password has at most 200 characters')
    const strength = strengthOf(password, about)
    if (strength.score < leastScore) throw new WeakPassword(strength)
    platformFloor.checkPassword(password)
  },
}

const enrollmentUsername = /^[A-Za-z0-9._+-]{3,64}$/

/** The rules of the enrollment system's users service (enrollment E-14). */
const enrollment: RegistrationPolicy = {
  needsEmail: false,
  joinsAtOnce: false,
  needsProvenEmail: false,
  isAnnounced: false,
  keepsNames: false,
  // Nobody gives one there; who adds one later is held to the market's rule.
  checkEmail: (email) => market.checkEmail(email),
  spell: (username) => username.toLowerCase(),
  checkUsername(username) {
    if (!enrollmentUsername.test(username)) {
      throw new InvalidUsername('a user name has 3 to 64 letters, digits, dots, underscores, plus signs and hyphens')
    }
    platformFloor.checkUsername(username)
  },
  checkPassword(password) {
    if (!password.isWellFormed()) throw new InvalidPassword('a password is made of whole characters')
    if (Array.from(password).length > 1024) throw new InvalidPassword('a password has at most 1024 characters')
    platformFloor.checkPassword(password)
  },
}

// What RFC 5321 has without quotes, in any script: words with single dots between them, an @ and labels, the last of letters.
const emailWord = "[\\p{L}\\p{N}!#$%&'*+/=?^_`{|}~-]+"
const domainLabel = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?'
const picturesEmail = new RegExp(
  `^(?=.{1,64}@)${emailWord}(?:\\.${emailWord})*@(?:${domainLabel}\\.)+[A-Za-z]{2,63}$`,
  'u',
)

/** The rules of the pictures service (pictures S-17, S-18). */
const pictures: RegistrationPolicy = {
  needsEmail: true,
  joinsAtOnce: false,
  needsProvenEmail: false,
  isAnnounced: false,
  keepsNames: false,
  checkEmail(email) {
    if (email.length > 100 || !picturesEmail.test(email)) throw new InvalidEmail()
    platformFloor.checkEmail(email)
  },
  spell: (username) => username,
  // Nobody gives one there, and one is made; who wants another later is held to the platform's rule.
  checkUsername: (username) => platformFloor.checkUsername(username),
  checkPassword(password) {
    if (!password.isWellFormed()) throw new InvalidPassword('a password is made of whole characters')
    if (Array.from(password).length > 1024) throw new InvalidPassword('a password has at most 1024 characters')
    platformFloor.checkPassword(password)
  },
}

/** Whether the enrollment system, which knows people by their names, can know somebody by this one. */
export function canEnroll(username: string): boolean {
  try {
    enrollment.checkUsername(username)
    return true
  } catch (error) {
    if (error instanceof InvalidUsername) return false
    throw error
  }
}

/** The policies by the surface an account is born on. */
export const registrationPolicies: Readonly<Record<Birthplace, RegistrationPolicy>> = {
  market,
  accounts,
  enrollment,
  pictures,
}
