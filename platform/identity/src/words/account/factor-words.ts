/** What the pages say about what somebody has besides the password. */
export interface FactorWords {
  readonly title: string
  readonly intro: string
  readonly app: string
  readonly notSetUp: string
  readonly since: (day: string) => string
  readonly setUpApp: string
  readonly appAdvice: string
  readonly makeSecret: string
  readonly scan: string
  readonly qrCode: string
  readonly orType: string
  readonly firstCode: string
  readonly confirm: string
  readonly added: string
  readonly addedText: string
  readonly removeApp: string
  readonly removeText: string
  readonly recoveryCodes: string
  readonly left: (count: number) => string
  readonly recoveryText: string
  readonly makeCodes: string
  readonly newCodes: string
  /** Said with the codes. */
  readonly keepCodes: string
  readonly back: string
}

export const englishFactors: FactorWords = {
  title: 'Sign in with a second step',
  intro: 'With a second step nobody gets into your account who knows no more than your password.',
  app: 'Authenticator app',
  notSetUp: 'not set up',
  since: (day) => `since ${day}`,
  setUpApp: 'Set up an authenticator app',
  appAdvice:
    'You need an app on your telephone that makes six-digit codes, such as Aegis, FreeOTP or a password manager.',
  makeSecret: 'Continue',
  scan: 'Scan this with the app:',
  qrCode: 'A QR code with the secret below',
  orType: 'Or type this secret into it:',
  firstCode: 'The six digits that the app shows then',
  confirm: 'Confirm',
  added: 'Your authenticator app is set up',
  addedText: 'From now on you are asked for its code after your password. You are signed out everywhere but here.',
  removeApp: 'Remove the authenticator app',
  removeText: 'Afterwards it makes no codes for this account any more. You are signed out everywhere but here.',
  recoveryCodes: 'Recovery codes',
  left: (count) => (count === 1 ? '1 left' : `${count} left`),
  recoveryText: 'With a recovery code you get in without your app, once with each.',
  makeCodes: 'Make new codes; the old ones count no more',
  newCodes: 'Your recovery codes',
  keepCodes: 'Keep them where you find them without your telephone. They are not shown again.',
  back: 'Back',
}

export const italianFactors: FactorWords = {
  title: 'Accedi con un secondo passo',
  intro: 'Con un secondo passo non entra nel tuo account chi conosce soltanto la tua password.',
  app: 'App di autenticazione',
  notSetUp: 'non configurata',
  since: (day) => `dal ${day}`,
  setUpApp: 'Configura un’app di autenticazione',
  appAdvice: 'Serve un’app sul telefono che genera codici di sei cifre, come Aegis, FreeOTP o un gestore di password.',
  makeSecret: 'Continua',
  scan: 'Inquadra questo con l’app:',
  qrCode: 'Un codice QR con il segreto qui sotto',
  orType: 'Oppure digita nell’app questo segreto:',
  firstCode: 'Le sei cifre che l’app mostra poi',
  confirm: 'Conferma',
  added: 'La tua app di autenticazione è configurata',
  addedText: 'D’ora in poi ti sarà chiesto il suo codice dopo la password. Sei uscito ovunque tranne che qui.',
  removeApp: 'Rimuovi l’app di autenticazione',
  removeText: 'Dopo non genererà più codici per questo account. Esci ovunque tranne che qui.',
  recoveryCodes: 'Codici di recupero',
  left: (count) => (count === 1 ? '1 rimasto' : `${count} rimasti`),
  recoveryText: 'Con un codice di recupero entri senza la tua app, una volta con ciascuno.',
  makeCodes: 'Crea codici nuovi; i vecchi non valgono più',
  newCodes: 'I tuoi codici di recupero',
  keepCodes: 'Conservali dove li trovi anche senza il telefono. Non saranno più mostrati.',
  back: 'Indietro',
}
