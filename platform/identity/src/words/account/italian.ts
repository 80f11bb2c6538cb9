import { italianFactors } from './factor-words.ts'
import type { AccountWords } from './words.ts'

export const italianAccount: AccountWords = {
  yourAccount: 'Il tuo account',
  proven: 'confermato',
  notProven: 'non confermato',
  signOut: 'Esci',
  backToAccount: 'Torna al tuo account',
  notSignedIn: 'Non hai effettuato l’accesso',
  notSignedInText: 'Per vedere il tuo account devi accedere.',
  signIn: 'Accedi',
  unknownPage: 'Questa pagina non esiste',
  unknownPageText: 'Forse una volta era qui.',
  passkeys: 'Passkey',
  changePassword: 'Cambia la password',
  oldPassword: 'La password di adesso',
  newPassword: 'La nuova password',
  wrongPassword: 'Questa non è la tua password.',
  passwordChangedText: 'Sei uscito ovunque tranne che qui.',
  factors: italianFactors,
}
