import type { CDPSession, Page } from 'playwright-core'

/** An authenticator that Chromium pretends to have, which knows its user. */
export interface VirtualAuthenticator {
  /** Lets it answer what it is asked from now on, as if its user touched it; or not. */
  answers(yes: boolean): Promise<void>
  /** What it has counted up to, by the id of each key. */
  counters(): Promise<ReadonlyMap<string, number>>
}

/** Gives a page an authenticator. */
export async function addAuthenticator(page: Page): Promise<VirtualAuthenticator> {
  const devtools: CDPSession = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  })
  return {
    async answers(enabled) {
      await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
    async counters() {
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
      return new Map(credentials.map(({ credentialId, signCount }) => [credentialId, signCount]))
    },
  }
}
