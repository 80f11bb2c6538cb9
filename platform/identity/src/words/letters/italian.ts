import type { Letters } from './words.ts'

export const italianLetters: Letters = {
  verification: {
    subject: 'Conferma il tuo indirizzo e-mail',
    text: (username, link) => `Ciao ${username},

conferma che questo è il tuo indirizzo e-mail aprendo questo link entro un giorno:

  ${link}

Se non hai chiesto tu un account, non devi fare niente.
`,
  },
  'password-reset': {
    subject: 'Scegli una nuova password',
    text: (username, link) => `Ciao ${username},

qualcuno, probabilmente tu, vuole una nuova password per il tuo account. Scegline una entro mezz’ora:

  ${link}

Se non sei stato tu, non devi fare niente: la tua password resta com’è.
`,
  },
}
