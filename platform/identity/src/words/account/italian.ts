import { italianData } from '../data/italian.ts'
import { italianErasure } from '../erasure/italian.ts'
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
  device: ({ program, system }) => (program && system ? `${program} su ${system}` : (program ?? system)),
  sessions: 'Dove hai effettuato l’accesso',
  sessionsText: 'Esci da ciò che non riconosci. Quello che un dispositivo dice di sé può non essere vero.',
  unknownDevice: 'Dispositivo sconosciuto',
  thisSession: 'Questa',
  openedFrom: (address) => `da ${address}`,
  openedFor: (client) => `per ${client}`,
  openedAt: (time) => `dal ${time}`,
  lastUsedAt: (time) => `ultimo uso ${time}`,
  endSession: 'Esci da lì',
  endOtherSessions: 'Esci ovunque tranne che qui',
  sessionsEnded: 'Sei uscito da lì.',
  sessionGone: 'Quella sessione era già terminata.',
  factors: italianFactors,
  data: italianData,
  erasure: italianErasure,
}
