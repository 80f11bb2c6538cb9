import { accountsRefusal, identity } from '@sallyport/contracts'
import { created, handle, type HandledRoute, type HandlerInput, ok, Refusal } from '@sallyport/service'
import { NameReserved, WrongCredentials } from '../../accounts/account.ts'
import type { Actor } from '../../audit/audit.ts'
import { wordsOf } from '../../words/choice.ts'
import { confirmationPage, confirmedPage } from '../link-pages.ts'
import { wantsPage } from '../pages.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { decodePassword } from './password-encoding.ts'
import { passwordsDiffer, signUpWords, uuidIn } from './words.ts'

/** What anybody may ask. */
export function openRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, sessions, proofs, tokens, clock, settings } = parts
  const prove = async ({
    params,
    clientAddress,
  }: Pick<HandlerInput<typeof identity.confirmEmail>, 'params' | 'clientAddress'>) => {
    await proofs.verifyEmail(params.validation_string, { kind: 'anonymous', address: clientAddress })
    return ok({ message: 'The e-mail address is proven; you can sign in now' })
  }

  return [
    handle(identity.listEndpoints, async () => ok({ endpoints })),
    handle(identity.readStatus, async () =>
      ok({ message: 'The account service is running', version: settings.version }),
    ),
    handle(identity.probeLimiter, async () => {
      throw new Refusal(accountsRefusal(429, 'Too many requests', {}, { 'retry-after': '3600' }))
    }),

    handle(
      identity.logIn,
      async ({ body, headers, clientAddress }) => {
        const { accessToken } = await sessions.signIn({
          username: body.username,
          password: decodePassword(body.password, body.password_encoding ?? settings.passwordEncoding),
          on: 'accounts',
          scopes: [],
          clientId: undefined,
          address: clientAddress,
          userAgent: headers['user-agent'],
        })
        return ok({ token: accessToken })
      },
      (rejection) => (rejection instanceof WrongCredentials ? accountsRefusal(401, rejection.message) : undefined),
    ),

    handle(
      identity.signUp,
      async ({ body, headers, clientAddress }) => {
        const { email, username } = body
        if (settings.reservedNames.includes(username.toLowerCase())) throw new NameReserved()
        if (body.password !== body.confirm_password) throw new Refusal(passwordsDiffer)
        const password = decodePassword(body.password, body.password_encoding ?? settings.passwordEncoding)
        const by: Actor = { kind: 'anonymous', address: clientAddress }
        const { language } = wordsOf(headers)
        const account = await accounts.register({ username, email, password, language }, 'accounts', by)
        const token = await tokens.issueProvisioning(account, clock.now())
        const message = 'Your account is made; follow the link that was sent to your e-mail address before you sign in'
        return created({ message, public_id: account.uid, token })
      },
      signUpWords,
    ),

    handle(identity.validateEmail, async (input) => {
      // A link is followed by programs that look at mail before its reader does: in a browser the reader confirms it.
      if (wantsPage(input.headers.accept))
        throw new Refusal(confirmationPage(input.params.validation_string, wordsOf(input.headers)))
      return prove(input)
    }),
    handle(identity.confirmEmail, async (input) => {
      const reply = await prove(input)
      if (wantsPage(input.headers.accept)) throw new Refusal(confirmedPage(wordsOf(input.headers)))
      return reply
    }),

    handle(identity.findUsername, async ({ params }) => {
      const { username } = await accounts.read(uuidIn(params.public_id))
      return ok({ username })
    }),

    handle(identity.findPublicId, async ({ params }) => {
      if (params.username.length > 50) throw new Refusal(accountsRefusal(400, 'A user name has at most 50 characters'))
      const { uid } = await accounts.findByUsername(params.username)
      return ok({ public_id: uid })
    }),
  ]
}

const endpoints = listEndpoints()

/** One item for each path, with path variables as `<name>` (accounts A-20). */
function listEndpoints(): { url: string; methods: string[] }[] {
  const byUrl = new Map<string, string[]>()
  for (const { path, method } of identity.accounts.routes) {
    const url = path.replaceAll(/:(\w+)/g, '<$1>')
    byUrl.set(url, [...(byUrl.get(url) ?? []), method])
  }
  return [...byUrl].map(([url, methods]) => ({ url, methods }))
}
