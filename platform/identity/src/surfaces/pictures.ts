import { demoKey, identity, picturesError, type Reply } from '@sallyport/contracts'
import type { Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, type HandlerInput, ok, Refusal } from '@sallyport/service'
import { InvalidEmail, InvalidPassword, UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import { lastDayOf, maskedKey, RegistrationRefused } from '../pictures/registration.ts'
import type { PersonalData, PicturesProof, PicturesRegistrations } from '../pictures/registrations.ts'

/** Registration, the demo key and personal data in the words of the pictures service (pictures §2). */
export function picturesRoutes(registrations: PicturesRegistrations): HandledRoute[] {
  const remove = async (input: WithProof) => {
    await registrations.remove(proofIn(input))
    return ok({ Info: 'What the pictures service knew of you is removed' })
  }

  return [
    handle(
      identity.registerForPictures,
      async ({ body, clientAddress: address }) => {
        const { 'First Name': firstName, 'Last Name': lastName } = body
        const { text, expiresAt } = await registrations.register({
          firstName,
          lastName,
          email: needed('email', body.email ?? body.Email),
          password: needed('Password', body.Password ?? body.password),
          address,
        })
        return ok({ 'API Key': text, 'Expiration Date': lastDayOf(expiresAt) })
      },
      registrationWords,
    ),

    handle(identity.readDemoKey, async () => ok({ 'API Key': demoKey })),

    handle(
      identity.readPersonalData,
      async (input) => {
        return ok(toPersonalPicturesData(await registrations.read(proofIn(input))))
      },
      proofWords,
    ),

    handle(identity.removePersonalData, remove, proofWords),
    handle(identity.removePersonalDataByPost, remove, proofWords),
  ]
}

/** What is told of somebody: seven fields and the number, without the password (pictures S-F3). */
export function toPersonalPicturesData({ account, registration, key }: PersonalData) {
  return {
    Reg_Id: registration.number,
    Reg_Name: registration.firstName,
    Reg_LastName: registration.lastName,
    Reg_Email: account.email ?? '',
    Reg_Authentication_Key: key ? maskedKey(key.prefix) : null,
    Reg_Expiration_Date: key ? lastDayOf(key.expiresAt) : null,
    Reg_Last_Access_Ip: registration.address,
    Reg_Is_Blocked: account.suspendedAt !== undefined,
  }
}

type WithProof = Pick<HandlerInput<typeof identity.readPersonalData>, 'body' | 'clientAddress'>

function needed(name: string, value: string | undefined): string {
  if (value === undefined) throw new Refusal(picturesError(422, 'invalid', `${name}: is needed`))
  return value
}

/** An address that is none and an empty password are bad input, not a proof that fails (pictures S-35). */
function proofIn({ body, clientAddress: address }: WithProof): PicturesProof {
  const email = needed('email', body.email ?? body.Email)
  const password = needed('password', body.password ?? body.Password)
  registrationPolicies.pictures.checkEmail(email)
  if (password === '') throw new Refusal(picturesError(422, 'invalid', 'password: must not be empty'))
  return { email, password, address }
}

/** What is wrong with a registration is one answer, so that an address that is known is not told from a bad one (design §4). */
function registrationWords(rejection: Rejection): Reply | undefined {
  if (!(rejection instanceof InvalidEmail || rejection instanceof InvalidPassword)) return undefined
  const { code, message } = new RegistrationRefused()
  return picturesError(422, code, message)
}

function proofWords(rejection: Rejection): Reply | undefined {
  if (rejection instanceof WrongCredentials) {
    return picturesError(401, 'wrong-credentials', 'Wrong e-mail address or password')
  }
  // It went while it was being removed.
  if (rejection instanceof UnknownAccount) {
    return picturesError(422, 'nothing-removed', 'Nothing was removed: it is gone already')
  }
  return undefined
}
