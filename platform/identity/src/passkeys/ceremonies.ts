import type { AccountId } from '@sallyport/kernel'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { COSEALG, decodeAttestationObject } from '@simplewebauthn/server/helpers'
import type { Account } from '../accounts/account.ts'
import { type Passkey, PasskeyRefused, type ProvenPasskey } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/*
 * The two ceremonies of WebAuthn: making a key (§7.1) and signing with it (§7.2).
 */

/** How long a challenge may be answered, in milliseconds. */
export const challengeLifeMs = 5 * 60_000

/** The first is liked best. */
const algorithms = [COSEALG.ES256, COSEALG.EdDSA, COSEALG.RS256]

/** What a browser is asked for when somebody wants another passkey. */
export function creationOptions(
  { id, name }: RelyingParty,
  account: Account,
  known: readonly Passkey[],
  challenge: Uint8Array<ArrayBuffer>,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpID: id,
    rpName: name,
    userID: userHandleOf(account.uid),
    userName: account.username,
    userDisplayName: account.username,
    challenge,
    timeout: challengeLifeMs,
    attestationType: 'none',
    excludeCredentials: known.map(descriptorOf),
    // Every passkey is good for everything: it is found without a name, and knows who uses it.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  })
}

/** What a browser is asked for when somebody signs in: with any passkey of theirs, or with one of these. */
export function requestOptions(
  { id }: RelyingParty,
  allowed: readonly Passkey[] | undefined,
  challenge: Uint8Array<ArrayBuffer>,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: id,
    challenge,
    timeout: challengeLifeMs,
    // Behind a password it is enough to have the passkey.
    userVerification: allowed ? 'preferred' : 'required',
    ...(allowed && { allowCredentials: allowed.map(descriptorOf) }),
  })
}

/** Checks a new key against the challenge. @throws {PasskeyRefused} */
export async function checkRegistration(
  { id, origin }: RelyingParty,
  response: RegistrationResponseJSON,
  challenge: Uint8Array,
) {
  try {
    const { fmt, hasCertificates } = attestationIn(response)
    // None was asked for, and to check one the library would call addresses that its certificates name. Browsers leave
    // in what a key says of itself.
    if (fmt !== 'none' && (fmt !== 'packed' || hasCertificates)) throw new TypeError('an attestation was not asked for')
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: base64url(challenge),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) throw new TypeError('the key has not signed itself')
    return registrationInfo
  } catch (cause) {
    throw new PasskeyRefused('unproven', { cause })
  }
}

/** Checks a signature of a passkey against the challenge. @throws {PasskeyRefused} */
export async function checkAuthentication(
  { id, origin }: RelyingParty,
  response: AuthenticationResponseJSON,
  challenge: Uint8Array,
  { passkey, needsUser }: { readonly passkey: Passkey; readonly needsUser: boolean },
): Promise<ProvenPasskey> {
  const subject = passkey.uid
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: base64url(challenge),
      expectedOrigin: origin,
      expectedRPID: id,
      // The counter is compared where it is written down: here two answers could both pass, and one that is not signed
      // would already speak of a clone.
      credential: { id: passkey.id, publicKey: passkey.publicKey, counter: 0 },
      requireUserVerification: needsUser,
    })
    const { newCounter, credentialBackedUp, credentialDeviceType, userVerified } = authenticationInfo
    if (!verified) throw new TypeError('the signature is not that of the key')
    if ((credentialDeviceType === 'multiDevice') !== passkey.synced) {
      throw new TypeError('whether a key may leave its device never changes')
    }
    return { passkey, counter: newCounter, backedUp: credentialBackedUp, userVerified }
  } catch (cause) {
    throw new PasskeyRefused('unproven', { subject, cause })
  }
}

/** What an authenticator keeps of the account, and gives back when it signs: nothing about the person. */
export function userHandleOf(uid: AccountId): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(uid.replaceAll('-', ''), 'hex'))
}

function attestationIn({ response }: RegistrationResponseJSON) {
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, 'base64url')))
  return { fmt: attestation.get('fmt'), hasCertificates: attestation.get('attStmt').get('x5c') !== undefined }
}

function descriptorOf({ id, transports }: Passkey) {
  return { id, transports: [...transports] }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
