import type { Letters } from './words.ts'

export const englishLetters: Letters = {
  verification: {
    subject: 'Confirm your e-mail address',
    text: (username, link) => `Hello ${username},

confirm that this is your e-mail address by opening this link within a day:

  ${link}

If you did not ask for an account, you need not do anything.
`,
  },
  'password-reset': {
    subject: 'Choose a new password',
    text: (username, link) => `Hello ${username},

somebody, probably you, wants a new password for your account. Choose one within half an hour:

  ${link}

If it was not you, you need not do anything: your password stays as it is.
`,
  },
}
