import type { ErasureWords } from './words.ts'

export const englishErasure: ErasureWords = {
  title: 'Erase everything about you',
  text: 'Your account ends and everything that is held of you is erased. This cannot be undone.',
  consequences: [
    'You are signed out everywhere, and your API keys end.',
    'Your TUX and your collection are gone. What you sell or lead at auctions goes on without you.',
    'Your seats go to whoever waits first.',
    'The pictures that you uploaded are removed.',
  ],
  keepUploads: 'Leave my pictures to others, without saying whose they were',
  confirm: (username) => `To confirm, type your user name: ${username}`,
  notConfirmed: 'This is not your user name. Nothing was erased.',
  button: 'Erase everything',
  begun: 'Everything about you is being erased',
  begunText: 'Your account has ended. The rest takes a few moments.',
  receipt: 'Keep these: with them you get a receipt, and nobody else does. They are not shown again.',
  number: 'Number',
  token: 'Receipt token',
  follow: 'See how far it is, and the receipt',
}
