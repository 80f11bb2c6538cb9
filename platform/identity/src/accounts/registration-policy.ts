import { isId } from '@sallyport/kernel'
import { InvalidEmail, InvalidPassword, InvalidUsername } from './account.ts'
import { isCommonPassword } from '../passwords/common-passwords.ts'

/** What a surface asks of the names and passwords of the accounts that are born on it. */
export interface RegistrationPolicy {
  /** @throws {InvalidEmail} */
  checkEmail(email: string): void
  /** @throws {InvalidUsername} */
  checkUsername(username: string): void
  /** @throws {InvalidPassword} */
  checkPassword(password: string): void
}

const leastPasswordLength = 8

/** The platform's floor (design §4): a surface may only tighten it. */
export const platformFloor: RegistrationPolicy = {
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
  checkEmail(email) {
    if (!marketEmail.test(email)) throw new InvalidEmail()
    platformFloor.checkEmail(email)
  },
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

/** The policies by the surface an account is born on. */
export const registrationPolicies: Readonly<Record<'market', RegistrationPolicy>> = { market }
