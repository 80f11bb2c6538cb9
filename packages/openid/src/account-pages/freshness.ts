/** How long ago somebody may have said who they are who changes something or sees all that is held of them, in milliseconds. */
export const freshMs = 300_000
