import type { ErasureWords } from './words.ts'

export const italianErasure: ErasureWords = {
  title: 'Cancella tutto ciò che ti riguarda',
  text: 'Il tuo account termina e tutto ciò che è conservato su di te viene cancellato. Non si può annullare.',
  consequences: [
    'Esci ovunque, e le tue chiavi API terminano.',
    'I tuoi TUX e la tua collezione vanno persi. Ciò che vendi o dove sei in testa alle aste prosegue senza di te.',
    'I tuoi posti vanno a chi aspetta per primo.',
    'Le immagini che hai caricato vengono rimosse.',
  ],
  keepUploads: 'Lascia le mie immagini agli altri, senza dire di chi erano',
  confirm: (username) => `Per confermare scrivi il tuo nome utente: ${username}`,
  notConfirmed: 'Questo non è il tuo nome utente. Non è stato cancellato niente.',
  button: 'Cancella tutto',
  begun: 'Tutto ciò che ti riguarda sta per essere cancellato',
  begunText: 'Il tuo account è terminato. Il resto richiede qualche istante.',
  receipt: 'Conservali: con questi ottieni una ricevuta, e nessun altro la ottiene. Non saranno più mostrati.',
  number: 'Numero',
  token: 'Codice della ricevuta',
  follow: 'Guarda a che punto è, e la ricevuta',
}
