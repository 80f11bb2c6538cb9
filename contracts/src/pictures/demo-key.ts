/** The key that is everybody's, for looking around without an account (pictures S-34). It is no secret, and opens downloads alone. */
export const demoKey = 'Demo_Key_SFA_Trial'

/** What somebody without an account can be let in for. */
export const guestScope = 'pictures:download'
export type GuestScope = typeof guestScope
