import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers'
import { PasskeyRefused } from './passkey.ts'

/*
 * What browsers send: `PublicKeyCredential.toJSON()` (WebAuthn §5.1). Only the parts that are looked at are taken over.
 */

/** A new key, not yet checked. @throws {PasskeyRefused} */
export function readRegistration(text: string): RegistrationResponseJSON {
  const { credential, response } = read(text)
  const transports: unknown = Reflect.get(response, 'transports')
  return {
    ...credential,
    response: {
      clientDataJSON: textIn(response, 'clientDataJSON'),
      attestationObject: textIn(response, 'attestationObject'),
      transports: Array.isArray(transports) ? transports.filter(isTransport).slice(0, 10) : [],
    },
  }
}

/** A signature, not yet checked. @throws {PasskeyRefused} */
export function readAuthentication(text: string): AuthenticationResponseJSON {
  const { credential, response } = read(text)
  const userHandle: unknown = Reflect.get(response, 'userHandle')
  return {
    ...credential,
    response: {
      clientDataJSON: textIn(response, 'clientDataJSON'),
      authenticatorData: textIn(response, 'authenticatorData'),
      signature: textIn(response, 'signature'),
      ...(typeof userHandle === 'string' && { userHandle }),
    },
  }
}

/**
 * The challenge that was answered. An answer from within a frame of another site is none: nobody sees there what they
 * sign in to.
 *
 * @throws {PasskeyRefused}
 */
export function challengeOf({ response }: RegistrationResponseJSON | AuthenticationResponseJSON): Buffer {
  try {
    const { challenge, crossOrigin } = decodeClientDataJSON(response.clientDataJSON)
    if (crossOrigin === true) throw new PasskeyRefused('unproven')
    return Buffer.from(challenge, 'base64url')
  } catch (error) {
    throw error instanceof PasskeyRefused ? error : new PasskeyRefused('malformed', { cause: error })
  }
}

function read(text: string) {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw new PasskeyRefused('malformed', { cause })
  }
  const parts = objectOf(answer)
  const credential = {
    id: textIn(parts, 'id'),
    rawId: textIn(parts, 'rawId'),
    type: 'public-key' as const,
    clientExtensionResults: {},
  }
  if (Reflect.get(parts, 'type') !== credential.type) throw new PasskeyRefused('malformed')
  return { credential, response: objectOf(Reflect.get(parts, 'response')) }
}

function objectOf(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new PasskeyRefused('malformed')
  return value
}

function textIn(parts: object, name: string): string {
  const value: unknown = Reflect.get(parts, name)
  if (typeof value !== 'string') throw new PasskeyRefused('malformed')
  return value
}

function isTransport(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z-]{1,20}$/.test(value)
}
